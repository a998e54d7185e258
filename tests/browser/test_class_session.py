"""A whole lesson in a real browser: pick, start, steer, pause, step one task, stop, compare, share, replay, branch.

The screenshots are kept in the folder named by ``WORKBENCH_SHOTS``, numbered in the order of the lesson.
"""

import re

PANEL = """
import os
import tempfile

import workbench as wb

os.environ["WORKBENCH_RUNS"] = tempfile.mkdtemp()  # no run of another test is in this store

panel = wb.panel(wb.Spec(tasks=["digit", "parity", "ink"], epochs=5_000), lock=["seed"])
panel
"""
#: the run in progress has taken more steps than so many
RUNNING = r"low => +(document.querySelector('.wb-status').innerText.match(/^running.* step (\d+) of/)?.[1] ?? 0) > low"
#: the second notebook, of somebody who was given the line
SECOND = """
import workbench as wb

panel = wb.panel({line!r})
panel
"""


def choose(panel, label, value):
    panel.get_by_label(label, exact=True).select_option(value)


def test_a_class_session(lab, page):
    tab, expect = page.tab, page.expect
    tab.set_viewport_size({"width": 1366, "height": 900})
    page.open(lab.notebook("class.ipynb", PANEL))
    page.run_cells()
    panel = tab.locator(".wb-panel")
    panel.locator(".wbc").wait_for()
    status, button = panel.locator(".wb-status"), lambda name: panel.get_by_role("button", name=name, exact=True)
    grown = "low => +document.querySelector('.wbc').dataset.last > low"

    # pick
    choose(panel, "weighting", "fixed")
    expect(panel.get_by_text("Weights you set yourself")).to_be_visible()
    page.expect_kernel("panel.spec.chosen('weighting')[0]", "'fixed'")
    page.shot("class-1-picked")

    # start and watch
    button("Start").click()
    tab.wait_for_function(grown, arg=40)
    page.shot("class-2-training")

    # steer: ink counts three times as much
    ink = panel.get_by_label("ink, as a number")
    ink.click()
    ink.fill("3")
    tab.keyboard.press("Enter")
    page.expect_kernel("[c['weights']['ink'] for c in panel.run.steering][-1:]", "[3.0]")
    tab.wait_for_function(grown, arg=int(page.evaluate("panel.session.step_number")) + 20)

    # pause, and step one task
    button("Pause").click()
    expect(status).to_contain_text("paused")
    page.shot("class-3-paused")
    panel.get_by_label("the task for Step task").select_option("digit")
    button("Step task").click()
    expect(panel.locator(".wb-effect")).to_contain_text("A step for digit alone")
    panel.get_by_role("button", name="moves").click()
    page.shot("class-4-one-task")

    # stop
    button("Resume").click()
    tab.wait_for_function(grown, arg=int(page.evaluate("panel.session.step_number")) + 30)
    button("Stop").click()
    expect(status).to_contain_text("stopped")

    # what the model says now
    panel.get_by_text("What does the model answer?").click()
    answers = panel.get_by_text("right").first
    expect(answers).to_be_visible()
    answers.scroll_into_view_if_needed()
    page.shot("class-5-answers")

    # a second run, and both side by side
    choose(panel, "weighting", "equal")
    page.expect_kernel("panel.spec.chosen('weighting')[0]", "'equal'")
    button("Start").click()
    tab.wait_for_function(RUNNING, arg=60)
    button("Stop").click()
    expect(status).to_contain_text("stopped")
    runs = panel.locator(".wbr")
    runs.locator("summary").click()
    rows = runs.locator("tbody tr")
    expect(rows).to_have_count(2)
    for box in runs.get_by_role("checkbox", name=re.compile("^show the curves of")).all():
        box.check()
    expect(panel.locator(".wbr-below .wbc .wbc-task")).to_have_count(2)
    runs.locator("summary").scroll_into_view_if_needed()
    page.shot("class-6-two-runs")

    # the steered run again, back to a step before it was steered, and on from there
    rows.last.get_by_role("button", name=re.compile("^open")).click()
    expect(panel.get_by_label("weighting", exact=True)).to_have_value("fixed")  # both runs were stopped
    panel.get_by_role("button", name="▶ replay").first.click()
    panel.get_by_role("button", name="❚❚ wait").click()  # before it has played to its end
    page.shot("class-7-replay")
    panel.locator(".wbc-until").first.focus()
    tab.keyboard.press("Home")
    for _ in range(20):
        tab.keyboard.press("ArrowRight")
    page.expect_kernel("panel.canvas.at", "20")
    ink.click()
    ink.fill("0.5")
    tab.keyboard.press("Enter")
    button("Branch").click()
    tab.wait_for_function(RUNNING, arg=60)
    button("Stop").click()
    expect(status).to_contain_text("stopped")
    branched = "[(c['step'], c['weights']['ink']) for c in panel.run.steering if 'weights' in c]"
    page.expect_kernel(branched, "[(20, 0.5)]")
    page.shot("class-8-branch")

    # the line, into a second notebook
    panel.get_by_text("Take it away").click()
    expect(panel.locator(".wbt-of option").first).to_contain_text("run ")
    line = panel.locator(".wbt textarea").first.input_value()
    steering = page.evaluate("sorted(map(str, wb.unshare(wb.share(panel.run)).steering))")
    assert page.evaluate("panel.errors") == "[]"
    page.command("docmanager:save")
    page.open(lab.notebook("second.ipynb", SECOND.format(line=line)))
    page.run_cells()
    panel.locator(".wbc").wait_for()
    page.expect_kernel("(panel.spec.chosen('weighting')[0], panel.spec.epochs)", "('fixed', 5000)")
    assert page.evaluate(f"sorted(map(str, wb.unshare({line!r}).steering))") == steering
    locked = "(sorted(panel.choice.locked), panel.pickers.fields['seed'].widget.disabled)"
    page.expect_kernel(locked, "(['seed'], True)")
    page.shot("class-9-second-notebook")
