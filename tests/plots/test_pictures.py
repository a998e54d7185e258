"""An object in several views, and where tasks look in it."""

import numpy as np
import pytest

from workbench.plots.pictures import looks, with_profiles

IMAGE = np.arange(16).reshape(4, 4) / 15


def test_profiles_lie_along_the_sides_they_belong_to():
    figure = with_profiles(IMAGE, IMAGE.mean(1), IMAGE.mean(0), "title")
    image, rows, columns = figure.data
    assert np.array_equal(image.z, IMAGE)
    assert (rows.orientation, list(rows.x)) == ("h", list(IMAGE.mean(1)))
    assert list(columns.y) == list(IMAGE.mean(0))


def test_every_task_has_its_fields_over_the_image():
    maps = {"a": np.array([[0.8, 0.0], [0.0, 0.2]]), "b": np.array([[0.1, 0.1], [0.4, 0.4]])}
    figure = looks(IMAGE, maps, "title")
    assert len(figure.data) == 2
    first, *_, last = figure.layout.shapes
    assert (first.x0, first.x1, first.y0, first.y1) == (-0.5, 1.5, -0.5, 1.5)
    assert (last.x0, last.y1, last.xref) == (1.5, 3.5, "x2")
    assert first.opacity == pytest.approx(0.6)
    assert last.opacity == pytest.approx(0.3)
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:2] == ["a", "b"]
    assert texts[2:6] == ["0.80", "0.00", "0.00", "0.20"]
