"""Who trained when, and what a budget buys."""

import pandas as pd
import pytest

from workbench.plots import budget, turns

TASKS = ["a", "b"]


def history(**steps):
    rows = [(step, "train", task, "weight", 1.0) for task, at in steps.items() for step in at]
    rows += [(step, "train", "", "lr", 0.1) for step in range(1, 11)]
    rows += [(10, "val", task, "weight", 1.0) for task in TASKS]
    return pd.DataFrame(rows, columns=["step", "split", "task", "quantity", "value"])


def test_a_mark_at_every_step_at_which_a_task_trained():
    figure = turns({"both": history(a=range(1, 11), b=range(1, 11)), "some": history(a=[2, 4], b=[])}, TASKS)
    assert [note.text for note in figure.layout.annotations] == ["both", "some"]
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [list(trace.x) for trace in bars[1:]] == [list(range(1, 11)), [2, 4], []]
    assert [trace.base for trace in bars] == [-0.4, 0.6] * 2
    assert bars[0].marker.color != bars[1].marker.color
    assert [trace.text[0] for trace in figure.data if trace.type == "scatter"] == ["100%", "100%", "20%", "0%"]
    assert list(figure.layout.yaxis.ticktext) == TASKS
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first task is at the top


def test_losses_are_stacked_by_who_answers_and_costs_stand_beside():
    rows = [(1, 0, "line", 0.6), (1, 1, "line", 0.8), (1, 0, "net", 0.1), (1, 1, "net", 0.3), (2, 0, "net", 0.5)]
    outcomes = pd.DataFrame([*rows, (2, 1, "net", 0.3)], columns=["capacity", "seed", "answered_by", "loss"])
    figure = budget(outcomes, pd.DataFrame({"steps": [10, 20]}, index=[1, 2]))
    assert [note.text for note in figure.layout.annotations] == ["sum of the losses", "steps"]
    line, net, steps = (trace for trace in figure.data if trace.type == "bar")
    assert (line.name, list(line.x), list(line.y)) == ("line", [1], pytest.approx([0.7]))
    assert (net.name, list(net.x), list(net.y)) == ("net", [1, 2], pytest.approx([0.2, 0.4]))
    assert line.marker.pattern.shape != net.marker.pattern.shape
    assert (list(steps.x), list(steps.y)) == ([1, 2], [10, 20])
    dots, means = (trace for trace in figure.data if trace.type == "scatter")
    assert list(dots.y) == pytest.approx([0.7, 1.1, 0.5, 0.3])
    assert [*zip(means.x, means.text, strict=True)] == [(1, "0.90"), (2, "0.40")]
    assert all(high > top for high, top in zip(means.y, (1.1, 0.5), strict=True))


def test_some_steps_of_a_run():
    (_, bar, *_) = figure = turns({"late": history(a=range(1, 11), b=[7, 9]).query("step > 5")}, TASKS).data[1:]
    assert list(bar.x) == [7, 9]
    assert figure[-1].text[0] == "40%"
