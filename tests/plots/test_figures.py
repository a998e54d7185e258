"""Figures are pure functions of frames, and show themselves everywhere."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.plots import delta_m, losses, weights
from workbench.plots.curves import thinned
from workbench.plots.figure import MIMETYPE, chrome, png
from workbench.plots.style import COLORS, DASHES, DIVERGING, task_style


@pytest.fixture
def frame():
    steps = np.arange(1, 301)
    parts = []
    for task in ("a", "b"):
        for split, quantity in (("train", "loss"), ("val", "loss"), ("train", "weight")):
            parts.append(
                pd.DataFrame(
                    {"step": steps, "epoch": 1, "split": split, "task": task, "quantity": quantity, "value": 1 / steps}
                )
            )
    return pd.concat(parts)


def test_every_task_has_a_colour_and_a_line_style_of_its_own():
    style = task_style([str(i) for i in range(42)])
    assert len({(s["color"], s["dash"]) for s in style.values()}) == 42
    assert len(set(COLORS)) == 7
    assert len(set(DASHES)) == 6


@pytest.mark.parametrize("color", [*COLORS, DIVERGING[0][1], DIVERGING[2][1]])
def test_lines_can_be_seen_on_white(color):
    def linear(c):
        return c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    assert 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) > 2


def test_losses_and_weights(frame):
    figure = losses(frame, ["a", "b"])
    strong = {trace.name: trace for trace in figure.data if trace.showlegend}
    assert set(strong) == {"a", "b"}
    assert strong["a"].line.dash != strong["b"].line.dash
    assert strong["a"].line.color != strong["b"].line.color
    assert {trace.name for trace in weights(frame, ["a", "b"]).data if trace.showlegend} == {"a", "b"}


def test_one_bundle_for_every_place(frame):
    bundle = losses(frame, ["a", "b"])._repr_mimebundle_()
    assert json.dumps(bundle[MIMETYPE])
    assert bundle["text/plain"] == "Loss per task: a, b"
    assert ("image/png" in bundle) == (chrome() is not None)


def test_png_is_a_picture(frame):
    if chrome() is None:
        pytest.skip("no Chrome here, so figures come without PNG")
    assert png(losses(frame, ["a", "b"])).startswith(b"\x89PNG")


def test_without_chrome_there_is_no_png(frame, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    chrome.cache_clear()
    try:
        assert png(losses(frame, ["a", "b"])) is None
    finally:
        chrome.cache_clear()


def test_delta_m_marks_what_has_no_interval():
    frame = pd.DataFrame(
        {
            "method": ["x", "y"],
            "delta_m": [1.0, -2.0],
            "low": [0.5, np.nan],
            "high": [1.5, np.nan],
            "seeds": [3, 1],
            "Δ a": 1.0,
        }
    )
    task, mean = delta_m(frame).data
    assert task.name == "a"
    assert list(mean.marker.symbol) == ["circle", "circle-open"]


def test_thinning_keeps_extremes_and_ends():
    values = np.sin(np.arange(100_000) / 50.0)
    values[41_234], values[77_777] = 9.0, -9.0
    steps, kept = thinned(np.arange(100_000), values, 500)
    assert len(steps) <= 502
    assert kept.max() == 9.0
    assert kept.min() == -9.0
    assert steps[0] == 0
    assert steps[-1] == 99_999
    assert (np.diff(steps) > 0).all()
