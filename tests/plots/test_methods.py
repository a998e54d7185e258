"""Methods side by side."""

import numpy as np
import pandas as pd
import pytest

from workbench.plots.methods import learning, shares, steps_and_seconds

TASKS = ["a", "b"]


def history(scale):
    steps = np.arange(1, 11)
    parts = [
        pd.DataFrame({"step": steps, "split": split, "task": task, "quantity": quantity, "value": value})
        for task, loss in (("a", scale / steps), ("b", scale + 0.0 * steps))
        for split, quantity, value in (("val", "loss", loss), ("train", "loss", -loss), ("train", "weight", loss))
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def histories():
    return {"equal": [history(1.0), history(3.0)], "other": [history(2.0)]}


def test_the_strong_line_is_the_mean_over_seeds(histories):
    figure = learning(histories, TASKS)
    strong = [trace for trace in figure.data if trace.line.width == 3]
    assert [(trace.name, trace.xaxis) for trace in strong] == [
        ("equal", "x"),
        ("other", "x"),
        ("equal", "x2"),
        ("other", "x2"),
    ]
    assert list(strong[0].y) == pytest.approx(list(2 / np.arange(1, 11)))
    assert [trace.name for trace in figure.data if trace.showlegend] == ["equal", "other"]
    assert len(figure.data) - len(strong) == 4  # two seeds of one method, in two panels
    assert strong[0].line.color != strong[1].line.color
    assert strong[0].line.dash != strong[1].line.dash


def test_seconds_are_steps_at_their_pace(histories):
    figure = steps_and_seconds(histories, {"equal": 0.5, "other": 2.0}, "a")
    at = {(trace.name, trace.xaxis): trace.x[-1] for trace in figure.data if trace.line.width == 3}
    assert at == {("equal", "x"): 10, ("equal", "x2"): 5.0, ("other", "x"): 10, ("other", "x2"): 20.0}
    (first,) = figure.layout.shapes
    assert (first.x0, first.xref) == (5.0, "x2")


def test_shares_sum_to_one():
    figure = shares({"x": history(1.0), "y": history(5.0)}, TASKS)
    each = {(trace.xaxis, trace.name): np.array(trace.y) for trace in figure.data if trace.line.width == 1}
    assert len(each) == 4
    for panel in ("x", "x2"):
        assert each[panel, "a"] + each[panel, "b"] == pytest.approx(np.ones(10))
        assert each[panel, "a"][-1] == pytest.approx(1 / 11)
    assert [trace.name for trace in figure.data if trace.showlegend] == TASKS
    assert [note.text for note in figure.layout.annotations] == ["x", "y"]
