"""Maps of tasks against tasks."""

import numpy as np
import pytest

from workbench.plots import heatmap, heatmap_over_time, heatmaps
from workbench.plots.heatmaps import colours, exponent, thinned

NAMES = ["a", "b", "c"]
MATRIX = np.array([[1.0, 0.2, np.nan], [0.4, 1.0, -0.3], [0.0, 0.1, 1.0]])


def test_the_diagonal_and_what_was_not_measured_stay_empty():
    (cells,) = heatmap(MATRIX, NAMES, "map").data
    assert np.isnan(np.diag(cells.z)).all()
    assert list(cells.text[0]) == ["", "0.20", ""]
    assert list(cells.text[1]) == ["0.40", "", "−0.30"]


def test_what_cannot_be_told_from_nothing_is_in_brackets():
    clear = np.array([[False, True, False], [False, False, True], [False, False, False]])
    (cells,) = heatmap(MATRIX, NAMES, "map", spread=np.full((3, 3), 0.05), clear=clear).data
    assert cells.text[0][1].startswith("<b>0.20</b>")
    assert cells.text[1][0].startswith("(0.40)")
    assert "± 0.05" in cells.text[1][0]


@pytest.mark.parametrize(("size", "unit"), [(1.0, 0), (0.06, 0), (0.04, -3), (4e-4, -3), (2e-5, -6), (0.0, 0)])
def test_small_numbers_have_a_unit(size, unit):
    assert exponent(MATRIX * size / 0.4) == unit


def test_numbers_are_written_in_their_unit_and_hover_shows_them_whole():
    figure = heatmap(MATRIX * 1e-3, NAMES, "map")
    (cells,) = figure.data
    assert cells.text[1][0] == "0.40"
    assert cells.customdata[1][0] == pytest.approx(4e-4)
    assert "in units of 10⁻³" in figure.layout.title.text
    assert cells.zmax == pytest.approx(colours(MATRIX)[1])


def test_colours_leave_the_diagonal_and_lone_giants_out():
    assert colours(MATRIX)[1] == pytest.approx(0.4, rel=0.1)
    assert colours(np.full((2, 2), np.nan)) == (-1.0, 1.0)
    assert colours(np.eye(3)) == (-1.0, 1.0)


def test_a_slider_has_a_map_for_every_step_with_the_same_colours():
    maps = np.stack([MATRIX * k for k in (1, 2, 3)])
    figure = heatmap_over_time(maps, [10, 20, 30], NAMES, "map", limits=(-1, 1))
    assert [frame.name for frame in figure.frames] == ["10", "20", "30"]
    assert [step.label for step in figure.layout.sliders[0].steps] == ["10", "20", "30"]
    assert {(frame.data[0].zmin, frame.data[0].zmax) for frame in figure.frames} == {(-1, 1)}
    assert figure.data[0].z[1][0] == pytest.approx(1.2)  # it shows the last one


def test_many_maps_are_thinned_to_means():
    maps, steps = thinned(np.arange(100.0)[:, None, None] * np.ones((1, 2, 2)), list(range(100)), 10)
    assert steps == [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]
    assert maps[:, 0, 1].tolist() == [4.5 + 10 * k for k in range(10)]


def test_several_maps_share_their_colours():
    figure = heatmaps({"one": MATRIX, "two": 2 * MATRIX, "three": MATRIX, "four": MATRIX}, NAMES, "layers")
    assert len(figure.data) == 4
    assert len({trace.zmax for trace in figure.data}) == 1
    assert sum(trace.showscale for trace in figure.data) == 1
    assert [note.text for note in figure.layout.annotations] == ["one", "two", "three", "four"]
