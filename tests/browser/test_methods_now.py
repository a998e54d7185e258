"""Choosing among many methods, and seeing what each of them would do now."""

import re

PANEL = """
import workbench as wb

often = {"name": "gradient_cosine", "every": 5}
panel = wb.panel(wb.Spec(encoder="cnn", epochs=2_000, weighting="cagrad", affinity=often))
panel
"""
OWN = """
from workbench.weightings import Scalarization

@wb.register("weighting", "mine")
class Mine(Scalarization):
    '''The sum, written in class.'''

    def __call__(self, losses, *, tasks=None):
        return losses.sum()
"""


def groups(select):
    """Heading -> names, as the browser lists them."""
    return select.evaluate(
        "select => Object.fromEntries([...select.querySelectorAll('optgroup')].map(group =>"
        " [group.label, [...group.children].map(option => option.value)]))"
    )


def test_a_class_meets_the_core_first_and_finds_everything(page, panel):
    picker = panel.locator(".wb-weighting")
    select, whole = picker.get_by_label("weighting", exact=True), picker.get_by_role("button")
    short = groups(select)
    assert list(short)[:2] == ["from the losses", "from the Gramian of the task gradients"]
    assert 20 <= sum(map(len, short.values())) <= 26
    assert not any("krum" in names for names in short.values())
    assert "serves the worst-off task best" in picker.inner_text()
    page.shot("picker-short")

    # keys alone: type-ahead goes to a name, Tab to the button, and JupyterLab takes none of them
    select.focus()
    cells = page.tab.locator(".jp-Cell").count()
    page.tab.keyboard.type("nash")
    page.expect(picker).to_contain_text("The bargain in which no task can gain")
    page.expect_kernel("panel.spec.weighting", "'nash_mtl'")
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Enter")
    page.expect(whole).to_have_attribute("aria-pressed", "true")
    everything = groups(select)
    assert list(everything)[: len(short)] == list(short)
    assert "from the losses, more" in everything
    assert page.evaluate("len(wb.components('weighting'))") == str(sum(map(len, everything.values())))
    assert page.tab.locator(".jp-Cell").count() == cells
    select.focus()
    page.tab.keyboard.press("Control+s")  # this one stays JupyterLab's
    page.tab.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    # a choice that is not of the core stays when the list is short again, and in the spec
    select.select_option("krum")
    whole.click()
    page.expect(whole).to_have_attribute("aria-pressed", "false")
    assert groups(select)["from the Gramian of the task gradients, more"] == ["krum"]
    page.expect(select).to_have_value("krum")
    page.expect_kernel("panel.spec.weighting", "'krum'")
    page.shot("picker-krum")


def test_a_weighting_written_in_a_cell_is_offered_at_once(lab, page, panel):
    page.evaluate("None")  # the kernel has loaded the panel
    page.tab.evaluate(
        """async code => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            await kernel.requestExecute({ code }).done;
        }""",
        OWN,
    )
    select = panel.locator(".wb-weighting").get_by_label("weighting", exact=True)
    page.expect(select.locator("optgroup").first).to_have_attribute("label", "your own")
    select.select_option("mine")
    page.expect(panel.locator(".wb-weighting")).to_contain_text("written in class")
    page.expect_kernel("panel.spec.weighting", "'mine'")


def test_what_each_method_would_do_now(page, panel):
    tab, expect = page.tab, page.expect
    section = panel.locator(".wbm")
    summary = section.get_by_text("What would each method do now?")
    panel.get_by_role("button", name="Start", exact=True).focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function("() => +document.querySelector('.wbc').dataset.last > 30")
    page.expect_kernel("panel.sections['methods_now'].view.table", "{}")  # closed, it computes nothing
    summary.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function("() => +document.querySelector('.wbm').dataset.step > 0")
    first = int(section.get_attribute("data-step"))
    tab.wait_for_function("step => +document.querySelector('.wbm').dataset.step > step", arg=first)
    section.scroll_into_view_if_needed()
    page.shot("methods-running")

    panel.get_by_role("button", name="Pause", exact=True).click()
    expect(panel.locator(".wb-status")).to_contain_text("paused")
    losses, gramian = (section.get_by_role("table").nth(i) for i in (0, 1))
    expect(losses.locator("caption")).to_have_text("from the losses")
    expect(gramian.locator("caption")).to_have_text("from the Gramian of the task gradients")
    assert losses.locator("thead th").all_inner_texts() == [
        *("digit", "parity", "large", "loops", "ink", "slant"),
        "conflicts",
    ]
    equal = losses.get_by_role("row", name=re.compile("^equal"))
    assert [re.sub(r"\D", "", text) for text in equal.locator("td").all_inner_texts()[:6]] == ["17"] * 6
    expect(losses.locator(".wbm-own")).to_contain_text("this run: cagrad")
    count = section.get_by_role("row").count()
    section.get_by_label(re.compile("all .* methods")).check()
    assert section.get_by_role("row").count() > count
    tab.locator(".wbm-foot").scroll_into_view_if_needed()
    page.shot("methods-all")

    summary.click()
    panel.get_by_role("button", name="Resume", exact=True).click()
    tab.wait_for_function("() => !document.querySelector('.wbm').open")
    before = int(page.evaluate("panel.session.step_number"))
    tab.wait_for_function("step => +document.querySelector('.wbc').dataset.last > step + 30", arg=before)
    shown = int(page.evaluate("panel.sections['methods_now'].view.table['step']"))
    assert shown <= before  # closed again, it stands still
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(panel.locator(".wb-status")).to_contain_text("stopped")
    assert page.evaluate("panel.errors") == "[]"
