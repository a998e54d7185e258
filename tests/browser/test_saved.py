"""A notebook with a panel, saved and opened where its kernel is gone."""

import re

PANEL = """
import workbench as wb

panel = wb.panel(wb.Spec(tasks=["digit", "parity", "ink"], epochs=60, weighting="dwa"))
panel
"""
#: what stands before widgets whose kernel is gone: a broken link, unless a style sheet says otherwise
MARKS = """() => [...document.querySelectorAll(".jupyter-widgets-disconnected")]
    .map(each => getComputedStyle(each, "::before").content).filter(mark => mark !== "none")"""


def test_a_saved_panel_shows_what_it_showed_and_says_that_it_rests(lab, page):
    page.open(lab.notebook("saved.ipynb", PANEL))
    page.run_cells()
    tab, expect = page.tab, page.expect
    panel = tab.locator(".wb-panel")
    panel.locator(".wbc").wait_for()
    panel.get_by_role("button", name="Start", exact=True).click()
    status = panel.locator(".wb-status")
    expect(status).to_contain_text("done")
    drawn = "last => +document.querySelector('.wbc').dataset.last === last"
    last = int(page.evaluate("panel.session.step_number"))
    tab.wait_for_function(drawn, arg=last)
    told = status.inner_text()
    page.command("docmanager:save")
    page.shut_down()

    size = (lab.root / "saved.ipynb").stat().st_size
    assert 50_000 < size < 1_000_000, f"the notebook has {size:,} bytes"
    tab.reload()
    page.idle()
    panel.locator(".wbc").wait_for()
    tab.wait_for_function(drawn, arg=last)
    expect(status).to_have_text(told)
    expect(panel.get_by_label("weighting", exact=True)).to_have_value("dwa")
    expect(panel.get_by_role("button", name=re.compile("^Start"))).to_be_visible()
    expect(panel).to_have_class(re.compile("jupyter-widgets-disconnected"))
    assert tab.evaluate(MARKS) == ['"As it was saved. Run the cell to train again."']
    expect(tab.locator(".jupyter-widgets-error-widget")).to_have_count(0)
    panel.scroll_into_view_if_needed()
    page.shot("saved-without-kernel")
