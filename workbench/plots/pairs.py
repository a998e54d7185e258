"""The same experiments under several conditions: a line per pair, the mean drawn strongly."""

import pandas as pd
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, INK


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
