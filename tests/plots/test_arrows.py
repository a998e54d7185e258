"""Gradients as arrows, and the directions in which no task is hurt."""

import numpy as np

from workbench.plots.arrows import arrows, no_conflict

GRADIENTS = np.array([[4.0, 0.0], [-1.0, 1.0], [0.0, 1.0]])


def area(corners):
    x, y = corners.T
    return 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def test_the_wedge_holds_what_hurts_nobody():
    wedge = no_conflict(GRADIENTS, reach=1.0)
    assert (wedge @ GRADIENTS.T >= -1e-12).all()
    assert area(wedge) == 0.5  # between the diagonal and the second axis


def test_the_wedge_of_one_task_is_half_the_square():
    assert area(no_conflict(np.array([[1.0, 0.3]]), reach=1.0)) == 2.0


def test_opposite_gradients_leave_no_room():
    assert area(no_conflict(np.array([[1.0, 0.0], [-1.0, 0.0]]), reach=1.0)) == 0


def test_three_ways_apart_leave_no_wedge():
    thirds = np.array([[np.cos(angle), np.sin(angle)] for angle in (0.1, 2.2, 4.3)])
    wedge = no_conflict(thirds, reach=1.0)
    assert len(wedge) == 0 or area(wedge) < 1e-12
    figure = arrows(dict(zip("abc", thirds.tolist(), strict=True)))
    assert [trace.name for trace in figure.data if trace.mode == "lines+markers+text"] == ["a", "b", "c"]


def test_updates_are_thick_and_all_styles_differ():
    figure = arrows({"a": [4, 0], "b": [-1, 1]}, {"sum": [3, 1]}, "title")
    drawn = {trace.name: trace for trace in figure.data if trace.mode == "lines+markers+text"}
    assert list(drawn["sum"].x) == [0, 3]
    assert drawn["sum"].line.width > drawn["a"].line.width
    assert len({(trace.line.color, trace.line.dash) for trace in drawn.values()}) == 3
    assert figure.layout.title.text.startswith("title")
