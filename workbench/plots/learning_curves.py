"""How much each training row is worth: a metric over the size of the training split."""

from math import ceil

import pandas as pd
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb
from plotly.subplots import make_subplots

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import TaskStyle, task_style

#: most panels in a row
ACROSS = 3


def learning_curves(frame: pd.DataFrame, title: str = "Learning curves") -> Figure:
    """Test metric over the number of training rows, a panel per task; a line is a mean, its band holds every seed.

    Args:
        frame: columns ``fraction``, ``rows``, ``method``, ``task``, ``metric`` (its name), ``seed`` and ``test``; a
            line has a point per fraction, at the mean of its rows.
        title: of the figure.
    """
    tasks = list(frame["task"].unique())
    across = 2 if len(tasks) == 4 else min(ACROSS, len(tasks))
    down = ceil(len(tasks) / across)
    grid = make_subplots(down, across, subplot_titles=tasks, horizontal_spacing=0.09, vertical_spacing=0.3 / down)
    figure = Figure(grid)
    looks = task_style(list(frame["method"].unique()))
    for i, task in enumerate(tasks):
        place = {"row": i // across + 1, "col": i % across + 1}
        mine = frame[frame["task"] == task]
        found = {method: points(mine[mine["method"] == method]) for method in looks}
        for method, look in looks.items():
            figure.add_trace(_band(found[method], method, look), **place)
        for number, (method, look) in enumerate(looks.items()):  # over all bands
            line = _line(found[method], method, look, SYMBOLS[number % len(SYMBOLS)])
            figure.add_trace(line.update(showlegend=i == 0), **place)
        ticks = sorted({round(rows) for rows in mine.groupby("fraction")["rows"].mean()})
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=[str(n) for n in ticks], tickangle=0, **place)
        figure.update_yaxes(title=mine["metric"].iloc[0], title_standoff=4, **place)
        if i + across >= len(tasks):
            figure.update_xaxes(title="training rows", **place)
    seeds = frame["seed"].nunique()
    subtitle = f"mean over {seeds} seeds, and the range of these" if seeds > 1 else "one seed"
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=180 + 260 * down)
    figure.update_xaxes(tickfont_size=12)
    figure.update_yaxes(tickfont_size=12)
    figure.update_layout(hovermode="closest", margin={"t": 110, "b": 100}, width=160 + 300 * max(across, 2))
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": -0.5 / (down * 260) * 130, "yanchor": "top"})
    return figure


def points(part: pd.DataFrame) -> pd.DataFrame:
    """Mean rows, and mean, least and largest test value over the seeds, a row per fraction, by size."""
    found = part.groupby("fraction").agg(
        rows=("rows", "mean"), mean=("test", "mean"), low=("test", "min"), high=("test", "max")
    )
    return found.sort_values("rows").reset_index()


def _band(found: pd.DataFrame, method: str, look: TaskStyle) -> go.Scatter:
    red, green, blue = hex_to_rgb(look["color"])
    return go.Scatter(
        x=[*found["rows"], *found["rows"][::-1]],
        y=[*found["high"], *found["low"][::-1]],
        fill="toself",
        fillcolor=f"rgba({red}, {green}, {blue}, 0.16)",
        line={"width": 0},
        mode="lines",
        name=method,
        legendgroup=method,
        showlegend=False,
        hoverinfo="skip",
    )


def _line(found: pd.DataFrame, method: str, look: TaskStyle, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=found["rows"],
        y=found["mean"],
        mode="lines+markers",
        line={"color": look["color"], "dash": look["dash"], "width": 3},
        marker={"size": 10, "color": look["color"], "symbol": symbol},
        name=method,
        legendgroup=method,
        hovertemplate=f"{method}, %{{x}} rows: %{{y:.3f}}<extra></extra>",
    )
