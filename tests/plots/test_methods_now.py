"""The picture of what every method would do with the same gradients."""

import numpy as np
import pandas as pd
import pytest

from workbench.plots import methods_now


def frame(shares, needs, cosines=None, conflicts=None):
    """A comparison of methods: name -> shares, one per task."""
    rows = [
        {
            "method": method,
            "needs": needs[method],
            "task": f"task {i}",
            "share": share,
            "cosine": (cosines or {}).get(method, [0.5] * len(values))[i],
            "conflicts": (conflicts or {}).get(method, 0),
        }
        for method, values in shares.items()
        for i, share in enumerate(values)
    ]
    return pd.DataFrame(rows)


SHARES = {
    "this run": [0.3, 0.7],
    "low": [0.4, 0.6],
    "high": [0.9, 0.1],
    "equal": [0.5, 0.5],
    "against": [-0.2, 0.8],
    "bent": [0.6, 0.4],
}
NEEDS = {"this run": "", "low": "losses", "high": "losses", "equal": "losses", "against": "gramian", "bent": "gramian"}


@pytest.fixture
def panels():
    cosines = {"against": [-0.6, 0.9], "bent": [1e-9, -1e-12]}
    return methods_now(frame(SHARES, NEEDS, cosines, {"against": 1})).data


def test_a_panel_per_need_with_the_run_on_top_and_alike_methods_together(panels):
    methods = [[cells[0].split(",")[0] for cells in panel.customdata] for panel in panels]
    assert methods == [["this run", "high", "equal", "low"], ["this run", "bent", "against"]]


def test_equal_is_white_twice_as_much_is_full_and_nothing_or_less_is_full_on_the_other_side(panels):
    colors = np.vstack([np.array(panel.z)[:, :2] for panel in panels])
    expected = {"this run": [-0.4, 0.4], "high": [0.8, -0.8], "equal": [0, 0], "low": [-0.2, 0.2]}
    np.testing.assert_allclose(colors[:4], [*expected.values()])
    np.testing.assert_allclose(colors[6], [-1, 0.6])
    assert (panels[0].zmin, panels[0].zmax) == (-1.25, 1.25)


def test_only_tasks_that_the_update_hurts_are_marked_and_counted(panels):
    assert panels[1].text[1] == ["60", "40", "0"]  # below zero by rounding only
    assert panels[1].text[2] == ["−20 ▼", "80", "<b>1 ▼</b>"]
    assert panels[1].customdata[2][2] == "against: against 1 of 2 tasks"


def test_numbers_stay_readable_on_every_colour(panels):
    """Dark text on the strongest colours: a contrast of at least 4.5 to 1."""

    def luminance(rgb):
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def rgb(color):
        return np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])

    ink = luminance(rgb(panels[0].textfont.color))
    full = 1 / panels[0].zmax
    for _, color in (panels[0].colorscale[0], panels[0].colorscale[-1]):
        shown = full * rgb(color) + (1 - full)
        assert (luminance(shown) + 0.05) / (ink + 0.05) >= 4.5


def test_undefined_cosines_and_a_frame_without_needs_are_drawn():
    (panel,) = methods_now(frame({"mine": [0.5, 0.5]}, {"mine": ""}, {"mine": [np.nan, np.nan]})).data
    assert panel.text[0] == ["50", "50", "0"]


def test_it_draws_what_a_comparison_gives():
    import torch

    import workbench as wb

    G = torch.tensor([[1.0, -2.0, 0.1], [-2.0, 9.0, 0.3], [0.1, 0.3, 1.0]])
    compared = wb.weightings.compare(G, torch.tensor([0.5, 1.0, 2.0]), ["a", "b", "c"])
    figure = methods_now(compared, "step 7")
    assert sum(len(panel.customdata) for panel in figure.data) == compared["method"].nunique()
    marked = sum("▼" in cell for panel in figure.data for row in panel.text for cell in row[:3])
    assert marked == compared.drop_duplicates("method")["conflicts"].sum() > 0
    assert figure.layout.title.text.startswith("step 7<br>")
