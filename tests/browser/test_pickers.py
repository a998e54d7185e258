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
    preset, epochs = (panel.get_by_label(name, exact=True) for name in ("preset", "epochs"))
    preset.select_option("conflicting tasks")
    page.expect(panel.locator(".wb-preset")).to_contain_text("Two linear tasks that point apart")
    page.expect(panel.get_by_label("problem", exact=True)).to_have_value("sines")
    page.expect(panel.get_by_label("epochs, as a number")).to_have_value("40")
    page.tab.locator(".wb-panel").scroll_into_view_if_needed()
    page.shot("preset")
    epochs.focus()
    page.tab.keyboard.press("ArrowLeft")
    page.expect(preset).to_have_value("conflicting tasks (changed)")
    page.tab.keyboard.press("ArrowRight")
    page.expect(preset).to_have_value("conflicting tasks")
    page.expect(preset.locator("option", has_text="changed")).to_have_count(0)
    assert page.evaluate("panel.errors") == "[]"


def test_a_number_is_typed_or_moved_and_what_cannot_be_is_said(page, panel):
    epochs, lr = (panel.get_by_label(f"{name}, as a number") for name in ("epochs", "lr"))
    epochs.fill("2000")
    page.tab.keyboard.press("Enter")
    page.expect_kernel("panel.spec.epochs", "2000")
    bar = panel.get_by_label("epochs", exact=True)
    page.expect(bar).to_have_attribute("max", "1999")
    lr.fill("0")
    page.tab.keyboard.press("Tab")
    alert = panel.get_by_role("alert")
    page.expect(alert).to_have_text("Spec lr: should be greater than 0, found '0'; it stays 0.001.")
    page.expect(lr).to_have_value("0.001")
    page.shot("number-refused")
    lr.fill("0.00002")
    page.tab.keyboard.press("Enter")
    page.expect(lr).to_have_value("2e-5")
    page.expect(alert).to_have_count(0)
    page.expect_kernel("(panel.spec.lr, panel.spec.epochs)", "(2e-05, 2000)")

    bar.focus()
    page.tab.keyboard.press("ArrowLeft")
    page.expect_kernel("panel.spec.epochs", "1999")
    page.expect(epochs).to_have_value("1999")
    panel.get_by_label("lr", exact=True).focus()
    page.tab.keyboard.press("Home")
    page.expect_kernel("panel.spec.lr", "1e-05")

    # while it trains, a weight beyond the slider's end counts at once
    panel.get_by_role("button", name="Start", exact=True).click()
    page.tab.wait_for_function("() => +document.querySelector('.wbc').dataset.last > 5")
    ink = panel.get_by_label("ink, as a number")
    ink.fill("-5")
    page.tab.keyboard.press("Enter")
    page.expect(alert).to_contain_text("Task 'ink' weight: should be greater than or equal to 0, found '-5'")
    page.expect(ink).to_have_value("1")
    ink.fill("50")
    page.tab.keyboard.press("Enter")
    page.expect_kernel("[c['weights']['ink'] for c in panel.run.steering]", "[50.0]")
    page.expect(alert).to_have_count(0)
    page.shot("number-typed")
    panel.get_by_role("button", name="Stop", exact=True).click()
    page.expect(panel.locator(".wb-status")).to_contain_text("stopped")
    assert page.evaluate("panel.errors") == "[]"


def test_controls_stand_beside_the_curves_in_a_narrow_window(page, panel):
    for width in (900, 1280):
        page.tab.set_viewport_size({"width": width, "height": 720})
        controls, pictures = (panel.locator(f".wb-{name}") for name in ("controls", "pictures"))
        left, right = controls.bounding_box(), pictures.bounding_box()
        assert left["x"] + left["width"] <= right["x"]
        assert abs(left["y"] - right["y"]) < 2
        page.shot(f"panel-{width}")
