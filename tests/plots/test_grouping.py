"""Which tasks train together, as squares, and what was foretold against what came."""

import pandas as pd

from workbench.plots.grouping import foretold, grouping

FRAME = pd.DataFrame(
    [
        (1, 1.0, "s", "answers", 0.12345),
        (1, 1.0, "a long name", "trains along", None),
        (2, 0.5, "s", "absent", None),
        (2, 0.5, "a long name", "answers", -2.0),
    ],
    columns=["network", "cost", "task", "role", "score"],
)


def test_a_square_per_membership():
    figure = grouping(FRAME, "what is said below")
    full, key, hollow, _ = figure.data
    assert (list(full.x), list(full.y), list(full.text)) == ([0, 1], [0, 1], ["0.123", "−2"])
    assert (list(hollow.x), list(hollow.y), list(hollow.text)) == ([1], [0], [""])
    assert full.marker.color != hollow.marker.color
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == ["answers", "trains along"]
    assert key.marker.color == full.marker.color
    assert "what is said below" in figure.layout.title.text
    assert list(figure.layout.xaxis.ticktext) == ["s", "a long name"]
    assert list(figure.layout.yaxis.ticktext) == ["network 1", "network 2 (cost 0.5)"]
    low, high = figure.layout.yaxis.range
    assert low > high  # the first network on top


def test_short_names_stay_level():
    assert grouping(FRAME).layout.xaxis.tickangle == -40
    assert grouping(FRAME[FRAME["task"] == "s"]).layout.xaxis.tickangle == 0


def test_what_was_foretold_against_what_came():
    frame = pd.DataFrame({"kind": ["a", "b", "a"], "x": [1, 2, 3], "y": [5, 6, 4], "label": ["", "best", ""]})
    first, second = foretold(frame, "x", "y", "a title").data
    assert (list(first.x), list(first.y), list(second.text)) == ([1, 3], [5, 4], ["best"])
    assert (first.marker.symbol, first.marker.color) != (second.marker.symbol, second.marker.color)
    line, *marks = foretold(frame, "x", "y", "a title", equal=True).data
    assert list(line.x) == list(line.y) == [1, 6]
    assert len(marks) == 2
