"""Experiments done several times: every outcome as a faint mark, the mean of a method as a strong one."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import task_style

#: how far the marks of neighbouring methods stand apart, in categories
APART = 0.07


def spread(frame: pd.DataFrame, title: str, subtitle: str = "strong: mean, faint: each seed") -> Figure:
    """Outcomes of several methods, a panel per task and a row per method; the number over a mark is the mean.

    Args:
        frame: columns ``task``, ``metric`` (the name of what was measured), ``method``, ``value``; a row per outcome.
        title, subtitle: of the figure.
    """
    tasks, looks = list(frame["task"].unique()), _looks(frame)
    figure = Figure(make_subplots(1, len(tasks), shared_yaxes=True, subplot_titles=tasks, horizontal_spacing=0.04))
    for column, task in enumerate(tasks, 1):
        part = frame[frame["task"] == task]
        for row, (method, look) in enumerate(looks.items()):
            values = part.loc[part["method"] == method, "value"]
            mean = values.mean()
            figure.add_trace(_faint(values, [row] * len(values), look), row=1, col=column)
            strong = _strong([mean], [row], look, mode="markers+text", text=[f"{mean:.2f}"], showlegend=False)
            figure.add_trace(strong.update(textposition="top center"), row=1, col=column)
        figure.update_xaxes(title=part["metric"].iloc[0], row=1, col=column)
    figure.update_yaxes(tickvals=list(range(len(looks))), ticktext=list(looks), range=[len(looks) - 0.6, -0.7])
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=210 + 60 * len(looks))
    figure.update_layout(hovermode="closest", margin={"l": 130, "t": 110})
    return figure


def along(frame: pd.DataFrame, x: str, y: str, title: str, subtitle: str = "strong: mean, faint: each seed") -> Figure:
    """Outcomes of several methods along a knob that was turned; its positions are evenly spaced, as they come.

    Args:
        frame: columns ``method``, those named ``x`` (where the knob stood) and ``y`` (what came out), and ``task``
            where there is to be a panel for each; a row per outcome.
        x, y: names of columns, and titles of the axes.
        title, subtitle: of the figure.
    """
    panels = list(frame["task"].unique()) if "task" in frame else [None]
    places = {value: place for place, value in enumerate(frame[x].unique())}
    grid = make_subplots(1, len(panels), shared_yaxes=True, subplot_titles=panels, horizontal_spacing=0.04)
    figure, looks = Figure(grid), _looks(frame)
    for column, task in enumerate(panels, 1):
        rows = frame if task is None else frame[frame["task"] == task]
        for i, (method, look) in enumerate(looks.items()):
            part = rows[rows["method"] == method]
            at = part[x].map(places) + APART * (i - (len(looks) - 1) / 2)
            mean = part[y].groupby(at).mean()
            if len(part) > len(mean):
                figure.add_trace(_faint(at, part[y], look), row=1, col=column)
            line = {key: look[key] for key in ("color", "dash")}
            strong = _strong(mean.index, mean, look, mode="lines+markers", line={**line, "width": 3})
            figure.add_trace(strong.update(showlegend=column == 1), row=1, col=column)
    figure.update_xaxes(title=x, tickvals=list(places.values()), ticktext=[str(value) for value in places])
    figure.update_yaxes(title=y, col=1)
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=450)
    figure.update_layout(hovermode="closest", margin={"t": 105})
    return figure


def _looks(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Name, colour, line style and symbol per method, in the order of the frame."""
    style = task_style(list(frame["method"].unique()))
    return {
        method: {"name": method, "symbol": SYMBOLS[i % len(SYMBOLS)], "color": look["color"], "dash": look["dash"]}
        for i, (method, look) in enumerate(style.items())
    }


def _faint(x: Any, y: Any, look: dict[str, str]) -> go.Scatter:
    marker = {"size": 9, "color": look["color"], "symbol": look["symbol"]}
    return _marks(x, y, look, marker, opacity=0.35, mode="markers", showlegend=False)


def _strong(x: Any, y: Any, look: dict[str, str], **more: Any) -> go.Scatter:
    return _marks(x, y, look, {"size": 14, "color": look["color"], "symbol": look["symbol"]}, **more)


def _marks(x: Any, y: Any, look: dict[str, str], marker: dict[str, Any], **more: Any) -> go.Scatter:
    return go.Scatter(
        x=np.asarray(x), y=np.asarray(y), marker=marker, name=look["name"], legendgroup=look["name"], **more
    )
