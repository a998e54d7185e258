"""Picking what is to be trained, with a mouse and with keys alone."""

PANEL = """
import workbench as wb

panel = wb.panel(wb.Spec(tasks=["digit", "parity", "ink"], epochs=3))
panel
"""


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


def test_what_cannot_work_is_greyed_out_with_the_reason(page, panel):
    encoder, problem = (panel.get_by_label(name, exact=True) for name in ("encoder", "problem"))
    picker = panel.locator(".wb-encoder")
    reason = "Encoder 'bilstm' reads text views, but problem 'digits' gives image views."
    page.expect(encoder.locator("option[value=bilstm]")).to_be_disabled()
    page.expect(encoder.locator("option[value=bilstm]")).to_have_attribute("title", reason)
    why = picker.get_by_text("not possible here")
    why.focus()
    page.tab.keyboard.press("Enter")
    page.expect(picker.get_by_text(reason)).to_be_visible()
    picker.scroll_into_view_if_needed()
    page.shot("impossible")

    problem.select_option("intents")
    page.expect(encoder).to_have_value("mlp")  # impossible now, but not lost
    page.expect(picker.locator(".wbs-fault")).to_contain_text("problem 'intents' gives text views")
    page.expect(encoder.locator("option[value=cnn]")).to_be_disabled()
    page.expect(panel.get_by_role("alert")).to_contain_text("Encoder 'mlp' reads")
    page.shot("impossible-chosen")
    encoder.select_option("bilstm")
    page.expect(picker.locator(".wbs-fault")).to_have_count(0)
    page.expect(panel.get_by_role("alert")).to_have_count(0)
    page.expect_kernel("panel.spec.encoder", "'bilstm'")
    assert page.evaluate("panel.errors") == "[]"


def test_a_preset_fills_the_controls_and_is_marked_when_one_is_moved(page, panel):
    preset, epochs = panel.get_by_label("preset", exact=True), panel.locator(".wb-epochs")
    preset.select_option("conflicting tasks")
    page.expect(panel.locator(".wb-preset")).to_contain_text("Two linear tasks that point apart")
    page.expect(panel.get_by_label("problem", exact=True)).to_have_value("sines")
    page.expect(epochs).to_contain_text("40")
    page.tab.locator(".wb-panel").scroll_into_view_if_needed()
    page.shot("preset")
    epochs.locator(".noUi-handle").focus()
    page.tab.keyboard.press("ArrowLeft")
    page.expect(preset).to_have_value("conflicting tasks (changed)")
    page.tab.keyboard.press("ArrowRight")
    page.expect(preset).to_have_value("conflicting tasks")
    page.expect(preset.locator("option", has_text="changed")).to_have_count(0)
    assert page.evaluate("panel.errors") == "[]"
