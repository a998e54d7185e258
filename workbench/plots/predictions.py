"""Predicted against true values."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, task_style


def predictions(frame: pd.DataFrame, title: str, unit: str = "") -> Figure:
    """Predicted over true values of a number, a panel per method; on the line a prediction is right.

    Args:
        frame: columns ``true``, ``predicted`` and ``method``; a row per example and method. NaN is left out.
        title: of the figure.
        unit: of the values.
    """
    known = frame.dropna(subset=["true", "predicted"])
    methods = list(frame["method"].unique())
    titles = methods if len(methods) > 1 else None
    grid = make_subplots(1, len(methods), shared_xaxes="all", shared_yaxes="all", subplot_titles=titles)
    figure = Figure(grid)
    ends = [known[["true", "predicted"]].min().min(), known[["true", "predicted"]].max().max()]
    for i, (method, style) in enumerate(task_style(methods).items()):
        part = known[known["method"] == method]
        right = go.Scatter(x=ends, y=ends, mode="lines", line={"color": INK, "width": 1.5}, hoverinfo="skip")
        marker = {"size": 9, "color": style["color"], "symbol": SYMBOLS[i % len(SYMBOLS)], "opacity": 0.6}
        dots = go.Scatter(x=part["true"], y=part["predicted"], mode="markers", marker=marker, name=method)
        figure.add_trace(right, row=1, col=i + 1)
        figure.add_trace(dots, row=1, col=i + 1)
    named = f" ({unit})" if unit else ""
    figure.update_xaxes(title=f"true{named}")
    figure.update_yaxes(title=f"predicted{named}", col=1)
    styled(figure, f"{title}<br><sup>a dot: one row of the test split; on the line: right</sup>")
    figure.update_layout(showlegend=False, hovermode="closest", margin={"t": 100})
    if len(methods) == 1:
        figure.update_layout(width=640, height=480)
    return figure
