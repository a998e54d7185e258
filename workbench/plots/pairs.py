"""The same things under several conditions: a line per pair."""

import pandas as pd
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, INK
from workbench.plots.tradeoffs import BEHIND


def slopes(table: pd.DataFrame, title: str, axis: str) -> Figure:
    """What became of every seed from one condition to the next.

    Args:
        table: a row per seed, a column per condition.
        title: of the figure.
        axis: title of the vertical axis.
    """
    names = [str(name) for name in table.columns]
    figure = Figure()
    for seed, values in table.iterrows():
        faint = {"color": COLORS[0], "width": 2}
        figure.add_trace(
            go.Scatter(x=names, y=list(values), mode="lines+markers", line=faint, opacity=0.4, name=f"seed {seed}")
        )
    mean = table.mean()
    strong = go.Scatter(
        x=names,
        y=list(mean),
        mode="lines+markers+text",
        text=[f"{value:.2f}" for value in mean],
        textposition="top center",
        textfont={"size": 18},
        line={"color": INK, "width": 4},
        marker={"size": 14},
        name="mean",
    )
    figure.add_trace(strong)
    figure.update_xaxes(type="category", tickfont={"size": 16}, range=[-0.3, len(names) - 0.7])
    figure.update_yaxes(title=axis)
    styled(figure, f"{title}<br><sup>strong: mean, faint: each seed</sup>")
    figure.update_layout(hovermode="closest", showlegend=False, width=260 + 240 * len(names), margin={"t": 100})
    return figure


def flips(table: pd.DataFrame, title: str, axis: str) -> Figure:
    """Two readings of the same things: a row each, its ends joined, strongly where the two disagree in sign.

    Args:
        table: a row per thing, drawn from top to bottom; two columns, one per reading.
        title: of the figure.
        axis: title of the horizontal axis.
    """
    names = [str(name) for name in table.index]
    signs = (table > 0).nunique(axis=1) > 1
    figure = Figure()
    for disagree, name, color, width in ((False, "same sign", BEHIND, 2), (True, "signs disagree", COLORS[4], 6)):
        part = table[signs == disagree]
        lines = go.Scatter(
            x=[end for row in part.to_numpy() for end in (*row, None)],
            y=[str(name) for name in part.index for _ in range(3)],
            mode="lines",
            line={"color": color, "width": width},
            hoverinfo="skip",
            name=name,
        )
        figure.add_trace(lines)
    for column, symbol, fill in zip(table.columns, ("circle", "diamond"), ("#FFFFFF", COLORS[0]), strict=True):
        marker = {"size": 13, "symbol": symbol, "color": fill, "line": {"width": 2, "color": INK}}
        figure.add_trace(go.Scatter(x=table[column], y=names, mode="markers", marker=marker, name=str(column)))
    figure.add_vline(x=0, line={"color": INK, "width": 2, "dash": "dash"})
    figure.update_xaxes(title=axis, nticks=8)
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], ticksuffix="  ")
    styled(figure, title, height=170 + 29 * len(names))
    return figure.update_layout(hovermode="closest", margin={"l": 130})
