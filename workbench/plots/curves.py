"""Curves over steps: losses, metrics, task weights."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, task_style

#: most points drawn per curve
POINTS = 2000


def losses(frame: pd.DataFrame, tasks: Sequence[str], title: str = "Loss per task") -> Figure:
    """Training loss (faint) and validation loss (strong, with markers) of every task over steps.

    Args:
        frame: a tidy history.
        tasks: names in their order; they fix colours and line styles.
    """
    figure = Figure()
    style = task_style(tasks)
    for task in tasks:
        for split, width, opacity, mode in (("train", 1.5, 0.35, "lines"), ("val", 3, 1.0, "lines+markers")):
            rows = frame[(frame["task"] == task) & (frame["split"] == split) & (frame["quantity"] == "loss")]
            steps, values = thinned(rows["step"].to_numpy(), rows["value"].to_numpy())
            figure.add_trace(
                go.Scatter(
                    x=steps,
                    y=values,
                    name=task if split == "val" else f"{task} (train)",
                    legendgroup=task,
                    showlegend=split == "val",
                    mode=mode if len(steps) < 60 else "lines",
                    opacity=opacity,
                    line={"color": style[task]["color"], "dash": style[task]["dash"], "width": width},
                )
            )
    figure.update_xaxes(title="step")
    figure.update_yaxes(title="loss")
    return styled(figure, f"{title}<br><sup>strong: validation, faint: training batches</sup>")


def weights(frame: pd.DataFrame, tasks: Sequence[str], title: str = "Effective task weights") -> Figure:
    """The weight on each task's gradient of the shared parameters over steps: each step (faint) and a moving mean."""
    figure = Figure()
    style = task_style(tasks)
    for task in tasks:
        rows = frame[(frame["task"] == task) & (frame["quantity"] == "weight")]
        window = max(1, len(rows) // 40)
        mean = rows["value"].rolling(window, min_periods=1, center=True).mean()
        for values, width, opacity in ((rows["value"], 1.5, 0.3), (mean, 3, 1.0)):
            steps, shown = thinned(rows["step"].to_numpy(), values.to_numpy())
            figure.add_trace(
                go.Scatter(
                    x=steps,
                    y=shown,
                    name=task if width == 3 else f"{task} (each step)",
                    legendgroup=task,
                    showlegend=width == 3,
                    opacity=opacity,
                    mode="lines",
                    line={"color": style[task]["color"], "dash": style[task]["dash"], "width": width},
                )
            )
    figure.add_hline(y=1, line={"color": INK, "width": 1, "dash": "dot"}, opacity=0.4)
    figure.update_xaxes(title="step")
    figure.update_yaxes(title="weight", rangemode="tozero")
    return styled(figure, f"{title}<br><sup>strong: moving mean, faint: each step</sup>", height=360)


def thinned(steps: np.ndarray, values: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most about ``points`` points that keep the first, the last and every local minimum and maximum of a block."""
    n = len(steps)
    if n <= points:
        return steps, values
    edges = np.linspace(0, n, points // 2 + 1).astype(int)
    keep = {0, n - 1}
    for start, end in pairwise(edges):
        block = values[start:end]
        if np.isfinite(block).any():
            keep |= {start + int(np.nanargmin(block)), start + int(np.nanargmax(block))}
    where = np.array(sorted(keep))
    return steps[where], values[where]
