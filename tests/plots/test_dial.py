"""Several figures under one slider."""

import plotly.graph_objects as go

from workbench.plots.dial import dial
from workbench.plots.figure import Figure


def one(height, extra=()):
    traces = [go.Scatter(x=[0, 1], y=[0, 0], name="ground"), go.Scatter(x=[0, 1], y=[0, height], name="slope"), *extra]
    return Figure(traces, layout={"title": {"text": f"height {height}"}})


def test_every_position_shows_its_figure():
    figures = {"1": one(1), "2": one(2, [go.Scatter(x=[0], y=[2], name="more")])}
    turned = dial(figures, "height")
    assert [trace.name for trace in turned.data] == ["ground", "slope", "slope", "more"]
    assert [trace.visible for trace in turned.data] == [True, True, False, False]
    (slider,) = turned.layout.sliders
    for name, step in zip(figures, slider.steps, strict=True):
        shown = [trace for trace, visible in zip(turned.data, step.args[0]["visible"], strict=True) if visible]
        assert [list(trace.y) for trace in shown] == [list(trace.y) for trace in figures[name].data]
        assert step.args[1] == {"title.text": f"height {name}"}
        assert step.label == name
    assert slider.currentvalue.prefix == "height: "


def test_it_starts_where_asked():
    turned = dial({"1": one(1), "2": one(2)}, "height", start=1)
    assert turned.layout.sliders[0].active == 1
    assert turned.layout.title.text == "height 2"
    assert [list(trace.y) for trace in turned.data if trace.visible] == [[0, 0], [0, 2]]


def test_the_figures_stay_as_they_are():
    figures = {"1": one(1), "2": one(2)}
    dial(figures, "height")
    assert all(trace.visible is None for figure in figures.values() for trace in figure.data)
    assert figures["1"].layout.sliders == ()
