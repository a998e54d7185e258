"""Outcomes of repeated experiments, and predicted against true values."""

import numpy as np
import pandas as pd
import pytest

from workbench.plots.predictions import predictions
from workbench.plots.repeats import APART, along, spread


@pytest.fixture
def outcomes():
    rows = [
        (task, "r2", method, knob, seed, base + seed / 10)
        for task in ("a", "b")
        for method, base in (("line", 0.1), ("net", 0.5))
        for knob in (100, 10)
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["task", "metric", "method", "knob", "seed", "value"])


def test_a_panel_per_task_with_every_outcome_and_the_mean(outcomes):
    figure = spread(outcomes[outcomes["knob"] == 10], "title")
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]
    dots, mark = figure.data[2:4]
    assert (dots.name, list(dots.x), list(dots.y), dots.opacity < 1) == ("net", [0.5, 0.6], [1, 1], True)
    assert list(mark.x) == pytest.approx([0.55])
    assert list(mark.text) == ["0.55"]
    assert figure.layout.xaxis.title.text == "r2"
    assert list(figure.layout.yaxis.ticktext) == ["line", "net"]


def test_a_line_per_method_along_the_knob_as_it_comes(outcomes):
    figure = along(outcomes, "knob", "value", "title")
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]
    dots, line = figure.data[2:4]
    assert list(figure.layout.xaxis.ticktext) == ["100", "10"]
    assert list(line.x) == pytest.approx([APART / 2, 1 + APART / 2])
    assert list(line.y) == pytest.approx([0.55, 0.55])
    assert list(dots.x) == pytest.approx([APART / 2] * 2 + [1 + APART / 2] * 2)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["line", "net"]
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 2


def test_an_experiment_done_once_has_no_faint_marks(outcomes):
    once = outcomes.query("task == 'a' and seed == 0").drop(columns="task")
    figure = along(once, "knob", "value", "title")
    assert [trace.name for trace in figure.data] == ["line", "net"]
    assert not figure.layout.annotations


def test_predictions_stand_over_the_truth():
    frame = pd.DataFrame({"true": [1.0, 2.0, np.nan], "predicted": [1.5, 1.0, 9.0], "method": "net"})
    right, dots = predictions(frame, "rent", "euros").data
    assert list(right.x) == list(right.y) == [1.0, 2.0]
    assert list(zip(dots.x, dots.y, strict=True)) == [(1.0, 1.5), (2.0, 1.0)]
    two = pd.concat([frame, frame.assign(method="line")])
    figure = predictions(two, "rent", "euros")
    assert [note.text for note in figure.layout.annotations] == ["net", "line"]
    assert figure.layout.xaxis.title.text == "true (euros)"
