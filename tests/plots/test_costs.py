"""Bars of what models cost, differences with their intervals, and what became of each seed."""

import pandas as pd
import pytest

from workbench.plots.costs import costs
from workbench.plots.gains import gains
from workbench.plots.pairs import flips, slopes


def test_a_bar_per_model_in_each_of_three_panels():
    frame = pd.DataFrame(
        [("a", 900, 100, 1000, 0.2, 1.0), ("b", 0, 4000, 4000, 0.8, 3.0)],
        columns=["name", "shared", "own", "parameters", "mflop", "ms_p50"],
    )
    figure = costs(frame)
    bars = {trace.name: trace for trace in figure.data if trace.type == "bar"}
    assert [trace.xaxis for trace in bars.values()] == ["x", "x", "x2", "x3"]
    assert list(bars["shared by tasks"].x) == [900, 0]
    assert list(bars["one task's own"].x) == [100, 4000]
    assert list(bars["ms, median"].x) == [1.0, 3.0]
    assert next(list(trace.text) for trace in figure.data if trace.type == "scatter") == [" 1,000", " 4,000"]
    assert figure.layout.barmode == "stack"


def test_a_point_with_its_interval_per_task_method_and_place():
    rows = [(task, method, knob, 0.1, -0.1, 0.4) for task in "xy" for method in ("m", "n") for knob in ("5 %", "100 %")]
    figure = gains(pd.DataFrame(rows, columns=["task", "method", "labels", "mean", "low", "high"]), "labels", "title")
    assert len(figure.data) == 4
    first, second = figure.data[:2]
    assert list(first.error_y.array) == pytest.approx([0.3, 0.3])
    assert list(first.error_y.arrayminus) == pytest.approx([0.2, 0.2])
    assert [a < b for a, b in zip(first.x, second.x, strict=True)] == [True, True]
    assert list(figure.layout.xaxis.ticktext) == ["5 %", "100 %"]
    assert [shape.y0 for shape in figure.layout.shapes] == [0, 0]
    assert len({trace.marker.symbol for trace in figure.data}) == 2


def test_a_line_per_seed_and_the_mean():
    figure = slopes(pd.DataFrame({"alone": [0.5, 0.7], "together": [0.8, 0.9]}, index=[3, 4]), "title", "accuracy")
    assert [trace.name for trace in figure.data] == ["seed 3", "seed 4", "mean"]
    assert list(figure.data[0].y) == [0.5, 0.8]
    assert list(figure.data[2].text) == ["0.60", "0.85"]
    assert figure.layout.yaxis.title.text == "accuracy"


def test_rows_whose_two_readings_disagree_in_sign_are_strong():
    table = pd.DataFrame({"one": [2.0, -1.0], "other": [1.0, 3.0]}, index=["first", "second"])
    figure = flips(table, "title", "change in %")
    same, disagree, one, other = figure.data
    assert (list(same.x), list(same.y)) == ([2.0, 1.0, None], ["first"] * 3)
    assert (list(disagree.x), list(disagree.y)) == ([-1.0, 3.0, None], ["second"] * 3)
    assert disagree.line.width > same.line.width
    assert (list(one.x), list(other.x), list(one.y)) == ([2.0, -1.0], [1.0, 3.0], ["first", "second"])
    assert one.marker.symbol != other.marker.symbol
    assert figure.layout.yaxis.categoryarray == ("second", "first")
