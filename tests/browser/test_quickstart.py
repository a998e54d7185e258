"""A person meets the workbench: start, watch, steer, pause, reload, find it again, stop, compare."""

import json
import re
from pathlib import Path

import nbformat
import pytest

REPOSITORY = Path(__file__).parents[2]

SMALL = """
import workbench as wb

panel = wb.panel(wb.Spec(tasks=["digit", "parity", "ink"], epochs=3, weighting="pcgrad"))
panel
"""
STEP = re.compile(r"step (\d+) of")


def step_shown(status) -> int:
    return int(STEP.search(status.inner_text()).group(1))


def quickstart(**parameters) -> list[str]:
    """The code cells of the quickstart up to its panel, with some parameters changed."""
    book = nbformat.read(REPOSITORY / "notebooks" / "00_quickstart.ipynb", as_version=4)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    last = next(i for i, cell in enumerate(cells) if "wb.panel(" in cell.source)
    first = next(cell for cell in cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in parameters.items():
        first.source, found = re.subn(rf"^{name} = .*$", f"{name} = {value!r}", first.source, flags=re.MULTILINE)
        assert found == 1, f"the quickstart has no parameter {name}"
    return [cell.source for cell in cells[: last + 1]]


def opened(page, url):
    """The panel of a notebook whose cells have run."""
    page.open(url)
    page.run_cells()
    page.tab.locator(".wb-panel .wbc").wait_for()
    return page.tab.locator(".wb-panel")


def test_start_watch_steer_pause_reload_find_again_stop(lab, page):
    panel = opened(page, lab.notebook("quickstart.ipynb", *quickstart(weighting="fixed", epochs=5_000)))
    tab, expect = page.tab, page.expect
    status = tab.locator(".wb-status")
    expect(status).to_have_text("ready")
    page.shot("panel-ready")

    panel.get_by_role("button", name="Start", exact=True).click()
    expect(status).to_contain_text("running")
    grown = "low => +document.querySelector('.wbc').dataset.last > low"
    tab.wait_for_function(grown, arg=30)
    page.shot("panel-running")

    # a second Start starts no second training
    assert panel.get_by_role("button", name="Start", exact=True).is_disabled()

    # steer: the weight of ink, then the learning rate
    weight = tab.locator(".wb-weight-ink")
    weight.get_by_role("slider").focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    rate = tab.locator(".wb-lr").get_by_role("slider")
    rate.focus()
    tab.keyboard.press("ArrowLeft")

    panel.get_by_role("button", name="Pause", exact=True).click()
    expect(status).to_contain_text("paused")
    paused_at = step_shown(status)
    tab.wait_for_function("step => +document.querySelector('.wbc').dataset.last === step", arg=paused_at)
    page.shot("panel-paused")

    panel.get_by_role("button", name="Step", exact=True).click()
    expect(status).to_contain_text(f"step {paused_at + 1} of")
    panel.get_by_role("button", name="Step task", exact=True).click()
    expect(status).to_contain_text(f"step {paused_at + 2} of")

    # the page is lost and comes back without having been saved: the cell, run again, shows the same run
    tab.reload()
    page.idle()
    page.run_cells()
    expect(status).to_contain_text(f"step {paused_at + 2} of")
    tab.wait_for_function("step => +document.querySelector('.wbc').dataset.last === step", arg=paused_at + 2)
    page.shot("panel-reloaded")

    panel.get_by_role("button", name="Resume", exact=True).click()
    tab.wait_for_function(grown, arg=paused_at + 30)
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(status).to_contain_text("stopped")
    page.shot("panel-stopped")
    panel.get_by_role("button", name="Reset", exact=True).click()
    expect(status).to_have_text("ready")
    expect(panel.get_by_text("The last run stays in")).to_be_visible()
    assert tab.evaluate("() => +document.querySelector('.wbc').dataset.last") == 0
    page.shot("panel-reset")

    (folder,) = [path.parent for path in lab.runs.glob("*/summary.json") if "digits-fixed" in path.parent.name]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "stopped"
    assert summary["steered"]
    commands = [json.loads(line) for line in (folder / "commands.jsonl").read_text().splitlines()]
    steered = [command["values"] for command in commands if command["command"] == "set"]
    assert any(values.get("weights", {}).get("ink") == pytest.approx(1.25) for values in steered)
    assert any("lr" in values and values["lr"] < 0.003 for values in steered)
    assert [command["values"] for command in commands if command["command"] == "step"] == [{}, {"task": "digit"}]
    assert page.evaluate("panel.errors") == "[]"


def test_a_finished_run_is_compared_with_single_tasks(lab, page):
    page.tab.set_viewport_size({"width": 1280, "height": 720})
    panel = opened(page, lab.notebook("compare.ipynb", SMALL))
    status, table = panel.locator(".wb-status"), panel.locator(".wb-comparison table")
    panel.get_by_role("button", name="Start", exact=True).click()
    page.expect(status).to_contain_text("done")
    panel.get_by_role("button", name="Compare with single tasks").click()
    page.expect(table).to_contain_text("single tasks")
    page.tab.locator(".wb-panel").scroll_into_view_if_needed()
    page.shot("panel-1280")
    table.scroll_into_view_if_needed()
    page.shot("panel-compared")
    assert page.evaluate("panel.errors") == "[]"


def test_what_is_wrong_is_said_in_the_panel_and_nothing_is_lost(lab, page):
    cell = SMALL.replace("epochs=3", "epochs=3, batch_size=5000")
    panel = opened(page, lab.notebook("wrong.ipynb", cell))
    panel.get_by_role("button", name="Start", exact=True).click()
    page.expect(panel.get_by_role("alert")).to_contain_text("batch_size = 5000 is larger than the")
    page.shot("panel-wrong")
    panel.locator(".wb-weighting select").select_option("dwa")
    page.expect_kernel("(panel.spec.weighting, panel.spec.batch_size)", "('dwa', 5000)")
    page.expect_kernel("len(panel.errors)", "1")
