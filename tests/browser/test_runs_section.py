"""The runs of the store in the panel: sorted, named, laid over each other, compared, opened and deleted."""

import re

from tests.browser.test_access import nameless, too_faint

PANEL = """
import os
import tempfile

import workbench as wb

os.environ["WORKBENCH_RUNS"] = tempfile.mkdtemp()  # no run of another test is in this store

small = wb.Spec(tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 48}, epochs=12, batch_size=128)
for weighting, seed in (("equal", 0), ("equal", 1), ("pcgrad", 0)):
    wb.train(small.replace(weighting=weighting, seed=seed), progress=False)
for seed in (0, 1):
    wb.baseline(small.replace(seed=seed), progress=False)
panel = wb.panel(small.replace(epochs=2_000, weighting="dwa"))
panel
"""
COUNT = "runs => +document.querySelector('.wbr').dataset.runs === runs"


def test_runs_side_by_side(lab, page, panel):
    tab, expect = page.tab, page.expect
    section = panel.locator(".wbr")
    summary = section.locator("summary")
    summary.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function(COUNT, arg=5)
    rows = section.locator("tbody tr")
    expect(section.locator("th[aria-sort]")).to_have_text("started")
    expect(rows.first).to_contain_text("single tasks")
    summary.scroll_into_view_if_needed()
    page.shot("runs-table")

    # sorted by a figure, and back by keys alone
    section.get_by_role("button", name="Δm %").click()
    expect(section.locator("th[aria-sort=descending]")).to_have_text("Δm %")
    tab.keyboard.press("Enter")
    expect(section.locator("th[aria-sort=ascending]")).to_have_text("Δm %")

    # a name and a note, in place
    pcgrad = rows.filter(has_text="pcgrad")
    pcgrad.get_by_role("button", name=re.compile("^name of")).click()
    field = section.get_by_role("textbox")
    field.fill("against conflicts")
    tab.keyboard.press("Enter")
    named = rows.filter(has_text="against conflicts")
    expect(named.get_by_role("button", name=re.compile("^name of"))).to_be_focused()
    named.get_by_role("button", name=re.compile("^note of")).click()
    section.get_by_role("textbox").fill("ink gains, digit pays")
    tab.keyboard.press("Enter")
    expect(named).to_contain_text("ink gains, digit pays")
    other = rows.filter(has_text="equal, shared · seed 1")
    other.get_by_role("button", name=re.compile("^name of")).click()
    section.get_by_role("textbox").fill("against conflicts")
    tab.keyboard.press("Enter")
    expect(section.get_by_role("alert")).to_contain_text("is taken by run")
    expect(section.get_by_role("textbox")).to_have_value("against conflicts")
    page.shot("runs-name-taken")
    tab.keyboard.press("Escape")
    expect(section.get_by_role("alert")).to_have_count(0)

    # curves over each other
    for name in ("against conflicts", "equal, shared · seed 0", "equal, shared · seed 1"):
        section.get_by_label(f"show the curves of {name}", exact=True).check()
    curves = panel.locator(".wbr-below .wbc").first
    expect(curves.locator(".wbc-task")).to_have_count(3)
    assert curves.locator("figure strong").all_inner_texts() == ["digit", "parity", "ink"]
    last = int(page.evaluate("wb.runs.runs()['steps'].iloc[0]").split("(")[-1].rstrip(")"))
    tab.wait_for_function("last => +document.querySelector('.wbr-below .wbc').dataset.last === last", arg=last)
    section.get_by_label("curves of the ticked runs").scroll_into_view_if_needed()
    page.shot("runs-overlay")
    section.get_by_label("curves of the ticked runs").select_option("training loss")
    expect(curves.locator(".wbc-note").first).to_have_text("training loss")
    page.shot("runs-overlay-training")

    # every text can be read, and every control has a name
    assert too_faint(page) == []
    assert nameless(page) == []

    # the front
    scatter = panel.locator(".wbp")
    expect(scatter.locator("figure")).to_have_attribute("data-points", "5")
    scatter.get_by_label("upwards").select_option("ink r2, test")
    scatter.locator("canvas").focus()
    tab.keyboard.press("ArrowRight")
    expect(scatter.locator(".wbc-tip")).to_be_visible()
    scatter.scroll_into_view_if_needed()
    page.shot("runs-pareto")
    scatter.get_by_label("across").select_option("parameters")
    expect(scatter.locator("canvas")).to_have_attribute("aria-label", re.compile("runs by parameters and ink r2, test"))
    page.shot("runs-pareto-parameters")

    # a run in progress is there, grows in the overlay, and is not deleted
    panel.get_by_role("button", name="Start", exact=True).click()
    tab.wait_for_function(COUNT, arg=6)
    live = rows.filter(has_text="dwa")
    expect(live).to_contain_text("running")
    live.get_by_role("checkbox").check()
    expect(curves.locator(".wbc-task")).to_have_count(4)
    at = int(curves.get_attribute("data-last"))
    tab.wait_for_function(
        "last => +document.querySelector('.wbr-below .wbc').dataset.last > last + 50", arg=max(at, 120)
    )
    page.shot("runs-live")
    expect(live.get_by_role("button", name=re.compile("^delete"))).to_be_disabled()
    named.get_by_role("button", name=re.compile("^open")).click()
    expect(section.get_by_role("alert")).to_contain_text("press Stop before you open another")
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(live).to_contain_text("stopped")
    named.get_by_role("button", name=re.compile("^open")).click()
    expect(named.get_by_role("button", name=re.compile("^shown"))).to_be_disabled()
    expect(panel.locator(".wb-status")).to_contain_text("done")

    # deleted only when asked twice
    live.get_by_role("button", name=re.compile("^delete")).click()
    expect(live.get_by_role("button", name=re.compile("^no, keep"))).to_be_focused()
    page.shot("runs-delete")
    tab.keyboard.press("Escape")
    live.get_by_role("button", name=re.compile("^delete")).click()
    live.get_by_role("button", name=re.compile("^yes, delete")).click()
    tab.wait_for_function(COUNT, arg=5)
    page.shot("runs-end")
    assert page.evaluate("panel.errors") == "[]"
