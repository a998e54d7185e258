"""Picking what is to be trained, with a mouse and with keys alone."""

import pytest

PANEL = """
import workbench as wb

panel = wb.panel(wb.Spec(tasks=["digit", "parity", "ink"], epochs=3))
panel
"""


@pytest.fixture
def panel(lab, page, request):
    page.tab.set_viewport_size({"width": 1366, "height": 768})
    page.open(lab.notebook(f"{request.node.name}.ipynb", PANEL))
    page.run_cells()
    page.tab.locator(".wb-panel .wbc").wait_for()
    return page.tab.locator(".wb-panel")


def test_the_rest_of_the_spec_opens_on_request_and_by_keys(page, panel):
    more = panel.get_by_role("button", name="more", exact=True)
    schedule = panel.get_by_label("schedule", exact=True)
    more.wait_for()
    page.expect(schedule).to_be_hidden()
    page.shot("more-closed")
    more.focus()
    page.tab.keyboard.press("Enter")
    page.expect(more).to_have_attribute("aria-expanded", "true")
    page.expect(schedule).to_be_visible()
    schedule.focus()
    page.tab.keyboard.type("round")
    page.expect_kernel("panel.spec.schedule", "'round_robin'")
    page.expect(panel.locator(".wbf-note")).to_have_text("schedule round robin")
    page.shot("more-open")
    more.click()
    page.expect(schedule).to_be_hidden()
    page.expect(panel.locator(".wbf-note")).to_be_visible()
    assert page.evaluate("panel.errors") == "[]"
