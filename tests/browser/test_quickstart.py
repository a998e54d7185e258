"""A person meets the workbench: start, watch, steer, pause, reload, find it again, stop, compare."""

import json
import re

import pytest

PANEL = """
import workbench as wb

spec = wb.Spec(tasks=["digit", "parity", "ink"], encoder="cnn", weighting="fixed", epochs=400, batch_size=64, lr=0.003)
panel = wb.panel(spec)
panel
"""
STEP = re.compile(r"step (\d+) of")


def step_shown(status) -> int:
    return int(STEP.search(status.inner_text()).group(1))


@pytest.fixture
def panel(lab, page, request):
    page.open(lab.notebook(f"{request.node.name}.ipynb", PANEL))
    page.run_cells()
    page.tab.locator(".wb-panel").wait_for()
    page.tab.locator(".wbc").wait_for()
    return page.tab.locator(".wb-panel")


def test_start_watch_steer_pause_reload_find_again_stop(lab, page, panel):
    tab, expect = page.tab, page.expect
    status = tab.locator(".wb-status")
    expect(status).to_have_text("ready")
    page.shot("panel-ready")

    panel.get_by_role("button", name="Start", exact=True).click()
    expect(status).to_contain_text("running")
    grown = "([low]) => +document.querySelector('.wbc').dataset.last > low"
    tab.wait_for_function(grown, arg=[30])
    page.shot("panel-running")

    # a second Start starts no second training
    assert panel.get_by_role("button", name="Start", exact=True).is_disabled()

    # steer: the weight of ink, then the learning rate
    weight = tab.locator(".wb-weight-ink")
    weight.locator(".noUi-handle").focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    rate = tab.locator(".wb-lr .noUi-handle")
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
    tab.wait_for_function(grown, arg=[paused_at + 30])
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(status).to_contain_text("stopped")
    page.shot("panel-stopped")

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
