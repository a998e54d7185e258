"""Watching a model learn: its answers, what it says over the plane, its gates."""

import re

PANEL = """
import workbench as wb

problem = {"name": "plane", "noise": 0.05}
panel = wb.panel(wb.Spec(problem=problem, fusion="mmoe", lr=0.01, epochs=2_000, affinity=None))
panel
"""
TITLES = {"wbx": "What does the model answer?", "wbv": "What does the model say over the plane?"}
INSIDE = "What goes on inside?"
#: how many different colours a canvas shows
COLORS = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) found.add(data[i] + "," + data[i + 1] + "," + data[i + 2]);
    return found.size;
}"""


def test_a_class_watches_the_model_learn(page, panel):
    tab, expect = page.tab, page.expect
    sections = {name: panel.locator(f".{name}") for name in (*TITLES, "wbi")}

    def grows(name):
        """Wait until a section shows a later step than now."""
        step = int(sections[name].get_attribute("data-step"))
        tab.wait_for_function(
            "([name, step]) => +document.querySelector('.' + name).dataset.step > step", arg=[name, step]
        )

    panel.get_by_role("button", name="Start", exact=True).click()
    tab.wait_for_function("() => +document.querySelector('.wbc').dataset.last > 30")
    for name in ("predictions", "surfaces", "inside"):
        page.expect_kernel(f"panel.sections[{name!r}].view.opened", "False")
    for name, title in {**TITLES, "wbi": INSIDE}.items():
        sections[name].get_by_text(title).focus()
        tab.keyboard.press("Enter")
        expect(sections[name]).to_have_attribute("data-step", re.compile(r"\d+"))
    for name in sections:
        grows(name)

    surfaces = sections["wbv"]
    assert surfaces.locator("canvas").count() == 7
    assert surfaces.locator("canvas").first.evaluate(COLORS) > 20
    expect(surfaces.locator("canvas").first).to_have_attribute("aria-label", re.compile("halves over x and y at step"))
    surfaces.scroll_into_view_if_needed()
    page.shot("surfaces-running")

    inside = sections["wbi"]
    assert inside.get_by_role("table").locator("thead th").all_inner_texts() == [f"expert {i}" for i in range(1, 5)]
    sections["wbi"].scroll_into_view_if_needed()
    page.shot("inside-running")

    # back to the first answers, and forward again
    answers = sections["wbx"]
    slider = answers.get_by_label("step of the answers")
    slider.focus()
    tab.keyboard.press("Home")
    first = int(answers.get_attribute("data-step"))
    count = int(slider.get_attribute("max"))
    tab.wait_for_function("count => +document.querySelector('.wbx input').max > count", arg=count)
    assert int(answers.get_attribute("data-step")) == first  # it stays there while the run goes on
    tab.keyboard.press("End")
    grows("wbx")
    expect(answers.get_by_role("rowheader")).to_have_count(8)
    expect(answers.locator("td", has_text="✓").first).to_be_visible()

    answers.get_by_role("button", name="next").click()
    expect(answers).to_contain_text("examples 9 to 16 of 200")
    answers.get_by_role("button", name="hardest first").click()
    expect(answers).to_contain_text("examples 1 to 8 of 200, hardest first")
    expect(answers.locator("td", has_text="✗").first).to_be_visible()
    answers.scroll_into_view_if_needed()
    page.shot("answers-hardest")

    # folded again, a section stands still
    surfaces.get_by_text(TITLES["wbv"]).click()
    page.expect_kernel("panel.sections['surfaces'].view.opened", "False")
    before = int(page.evaluate("panel.session.step_number"))
    tab.wait_for_function("step => +document.querySelector('.wbx').dataset.step > step", arg=before)
    assert int(page.evaluate("panel.sections['surfaces'].view.shown['step']")) <= before

    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(panel.locator(".wb-status")).to_contain_text("stopped")
    expect(answers).to_contain_text("selected model")
    assert page.evaluate("panel.errors") == "[]"
