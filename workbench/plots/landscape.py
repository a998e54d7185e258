"""Where methods go on a landscape of two losses."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, TaskStyle, task_style

#: pale, so that lines stand out; low is light
SURFACE = [[0.0, "#FFFFFF"], [0.5, "#DDE3E8"], [1.0, "#A9B4BE"]]
PARETO = "#6E6E6E"


def trajectories(
    frame: pd.DataFrame,
    surface: tuple[np.ndarray, np.ndarray, np.ndarray],
    pareto_set: np.ndarray,
    title: str,
    panels: bool = False,
) -> Figure:
    """Paths of methods over the surface of the mean loss, from every start.

    Args:
        frame: columns ``method``, ``start``, ``step``, ``x1``, ``x2``, ``loss1``, ``loss2``.
        surface: first coordinates ``[n]``, second ``[m]``, and the mean loss there ``[m, n]``.
        pareto_set: points in order, ``[points, 2]``.
        title: of the figure; a line below says what the marks mean.
        panels: one small picture per method instead of all in one.
    """
    methods = list(dict.fromkeys(frame["method"]))
    style = task_style(methods)
    groups = [[method] for method in methods] if panels else [methods]
    columns = min(len(groups), 3)
    rows = ceil(len(groups) / columns)
    figure = Figure(
        make_subplots(
            rows,
            columns,
            shared_xaxes=True,
            shared_yaxes=True,
            horizontal_spacing=0.03,
            vertical_spacing=0.05 if rows < 2 else 0.16 / rows,
            subplot_titles=methods if panels else None,
        )
    )
    x, y, z = surface
    for i, group in enumerate(groups):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        figure.add_trace(_surface(x, y, z, scale=i == 0, below=-0.16 if not panels else -0.1 / rows - 0.03), **place)
        figure.add_trace(_pareto_line(pareto_set, legend=i == 0), **place)
        for method in group:
            for trace in _paths(frame[frame["method"] == method], method, style[method], (x, y), legend=not panels):
                figure.add_trace(trace, **place)
    subtitle = "shading: mean loss; ○ start, ● end; grey: Pareto set"
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=690 if not panels else 190 + 290 * rows)
    figure.update_layout(hovermode="closest", width=800 if not panels else 110 + 290 * columns)
    if panels:
        figure.update_layout(margin={"t": 105})
    figure.update_xaxes(range=[x[0], x[-1]], showgrid=False, constrain="domain")
    figure.update_yaxes(range=[y[0], y[-1]], showgrid=False, constrain="domain")
    figure.update_xaxes(title="x₁", row=rows)
    figure.update_yaxes(title="x₂", col=1)
    if panels:  # square enough by the figure's size; anchored axes would differ in width
        figure.update_layout(showlegend=False)
    else:
        figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def front(frame: pd.DataFrame, front: np.ndarray, title: str) -> Figure:
    """The same paths in the plane of the two losses, with the front.

    Args:
        frame: as for ``trajectories``.
        front: losses of the Pareto set in order, ``[points, 2]``; a row of NaN breaks the line.
        title: of the figure.
    """
    methods = list(dict.fromkeys(frame["method"]))
    style = task_style(methods)
    figure = Figure(_pareto_line(front, name="Pareto front"))
    ends = frame[["loss1", "loss2"]].to_numpy()
    axes = (np.array([ends[:, 0].min(), ends[:, 0].max()]), np.array([ends[:, 1].min(), ends[:, 1].max()]))
    for method in methods:
        part = frame[frame["method"] == method]
        for trace in _paths(part, method, style[method], axes, ("loss1", "loss2")):
            figure.add_trace(trace)
    styled(figure, f"{title}<br><sup>○ start, ● end; lower left is better for both</sup>", height=560)
    figure.update_layout(hovermode="closest", width=860)
    figure.update_xaxes(title="loss 1")
    figure.update_yaxes(title="loss 2")
    return figure


def _surface(x: np.ndarray, y: np.ndarray, z: np.ndarray, scale: bool, below: float) -> go.Contour:
    bar = {
        "orientation": "h",
        "y": below,
        "yanchor": "top",
        "thickness": 10,
        "len": 0.5,
        "title": {"text": "mean loss", "side": "top", "font": {"size": 13}},
    }
    return go.Contour(
        x=x,
        y=y,
        z=z.round(4),
        colorscale=SURFACE,
        ncontours=18,
        line={"width": 0.6, "color": "#8C97A1"},
        showscale=scale,
        colorbar=bar,
        hoverinfo="skip",
        showlegend=False,
    )


def _pareto_line(points: np.ndarray, name: str = "Pareto set", legend: bool = True) -> go.Scatter:
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="lines",
        line={"color": PARETO, "width": 9},
        opacity=0.5,
        name=name,
        showlegend=legend,
        hoverinfo="skip",
    )


def _paths(
    frame: pd.DataFrame,
    method: str,
    style: TaskStyle,
    axes: tuple[np.ndarray, np.ndarray],
    columns: tuple[str, str] = ("x1", "x2"),
    legend: bool = True,
) -> list[go.Scatter]:
    """Line, start and end of every path of a method."""
    traces = []
    for i, (start, path) in enumerate(frame.groupby("start", sort=True)):
        path = path.iloc[_seen(path[list(columns)].to_numpy(), axes)]
        common: dict[str, Any] = {"name": method, "legendgroup": method}
        traces.append(
            go.Scatter(
                x=path[columns[0]],
                y=path[columns[1]],
                customdata=path[["step", "loss1", "loss2"]],
                hovertemplate=f"{method}, start {start}<br>step %{{customdata[0]}}<br>losses %{{customdata[1]:.4g}}, "
                "%{customdata[2]:.4g}<extra></extra>",
                mode="lines",
                line={**style, "width": 3},
                showlegend=legend and i == 0,
                **common,
            )
        )
        for at, color, size in ((0, "#FFFFFF", 10), (-1, style["color"], 11)):
            point = path.iloc[[at]]
            marker = {"color": color, "size": size, "line": {"color": INK, "width": 1.5}}
            traces.append(
                go.Scatter(
                    x=point[columns[0]],
                    y=point[columns[1]],
                    mode="markers",
                    marker=marker,
                    showlegend=False,
                    hoverinfo="skip",
                    **common,
                )
            )
    return traces


def _seen(points: np.ndarray, axes: Sequence[np.ndarray]) -> np.ndarray:
    """Numbers of the points that a picture can tell from the one before (a thousandth of an axis), ends included."""
    size = np.array([axis[-1] - axis[0] for axis in axes])
    cells = np.floor(points / np.where(size > 0, size, 1.0) * 1000)
    new = np.r_[True, (np.diff(cells, axis=0) != 0).any(1)]
    new[-1] = True
    return np.flatnonzero(new)
