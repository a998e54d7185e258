"""Branching from the panel, without a browser."""

import pytest

import workbench as wb
from tests.widgets.test_panel import SMALL, alone, panel  # noqa: F401 (fixtures)
from workbench.component import WorkbenchError

STEERED = SMALL.replace(weighting="fixed")


def test_a_branch_keeps_what_was_before_and_takes_the_sliders_from_then_on(panel):  # noqa: F811
    live = panel(STEERED)
    live.start()
    first = live.wait()
    live.canvas.at = 4
    live.pickers.weights.sliders["ink"].value = 3.0
    live.buttons["branch"].click()
    second = live.wait()
    assert live.errors == []
    assert second.path != first.path
    assert second.steering[-1] == {
        "step": 4,
        "command": "set",
        "lr": pytest.approx(1e-3),
        "weights": {"digit": 1.0, "ink": 3.0},
    }
    assert second.note().startswith(f"Branch of {first.path.name} after step 4: lr = 0.001, digit = 1, ink = 3")
    assert live.pickers.weights.values == {"digit": 1.0, "ink": 3.0}
    weights = second.history.query("quantity == 'weight' and task == 'ink'").set_index("step")["value"]
    assert (weights[4], weights[5]) == (1.0, 3.0)


def test_it_says_what_is_missing(panel):  # noqa: F811
    live = panel(STEERED)
    with pytest.raises(WorkbenchError, match="no run to branch from"):
        live.branch()
    live.start()
    live.wait()
    with pytest.raises(WorkbenchError, match="Move the slider above the curves back"):
        live.branch()
    with pytest.raises(WorkbenchError, match="whole number from 0 to 9"):
        live.branch(10)


def test_a_run_from_its_folder_is_shown_and_branched(panel, tmp_path):  # noqa: F811
    run = wb.train(STEERED.replace(weighting="pcgrad"), progress=False, out=tmp_path)
    live = panel()
    live.open(wb.open(run.path))
    assert live.session.status == "done"
    assert live.spec == run.spec
    assert live.state.value.startswith("<b>done</b> · epoch 2 of 2 · step 10 of 10")
    live.pickers.fields["lr"].value = 0.01
    live.branch(5)
    rates = live.wait().history.query("quantity == 'lr'").set_index("step")["value"]
    assert (rates[5], rates[6]) == (1e-3, pytest.approx(0.01))
    assert live.errors == []


def test_another_run_is_not_opened_over_one_in_progress(panel, tmp_path):  # noqa: F811
    run = wb.train(STEERED, progress=False, out=tmp_path)
    live = panel(STEERED.replace(epochs=5_000))
    live.start()
    with pytest.raises(WorkbenchError, match="press Stop before you open another"):
        live.open(run)
    session = live.session
    live.open(session.run)
    assert live.session is session
    live.stop()
