"""Chains of tags: the scores of neighbours, and the search for the best path."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, DIVERGING, GRID, INK


def transitions(frame: pd.DataFrame, forbidden: pd.DataFrame | None = None, title: str = "Who follows whom") -> Figure:
    """Scores of neighbouring tags: from the row to the column; blue is liked, orange is not.

    Args:
        frame: scores; the index names the tags before, the columns those after.
        forbidden: True where a pair breaks a rule, with the same names; these cells carry a cross.
        title: of the figure.
    """
    values = frame.to_numpy(dtype=float)
    top = float(np.abs(values).max()) or 1.0
    wrong = np.zeros(values.shape, dtype=bool) if forbidden is None else forbidden.loc[frame.index, frame.columns]
    text = [
        [f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−") + ("<br>✕" if cross else "") for value, cross in pairs]
        for pairs in (zip(*rows, strict=True) for rows in zip(values, np.asarray(wrong), strict=True))
    ]
    figure = Figure(
        go.Heatmap(
            z=values,
            x=list(frame.columns),
            y=list(frame.index),
            text=text,
            texttemplate="%{text}",
            textfont={"size": 13, "color": INK},
            zmin=-top / 0.7,
            zmax=top / 0.7,
            colorscale=DIVERGING,
            showscale=False,
            hovertemplate="%{y} → %{x}: %{z:.2f}<extra></extra>",
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(autorange="reversed", title="tag before")
    figure.update_xaxes(title="tag after", tickangle=0 if len(frame.columns) <= 4 else -35)
    note = "" if forbidden is None else "<br><sup>✕: a pair that may not be</sup>"
    styled(figure, title + note, height=200 + 42 * len(frame))
    figure.update_layout(hovermode="closest", margin={"l": 120}, width=max(520, 200 + 76 * len(frame.columns)))
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    return figure


def trellis(best: pd.DataFrame, before: pd.DataFrame, path: Sequence[str], title: str) -> Figure:
    """The search for the best path: in each node the best score of a way that ends there, and a line from its origin.

    Args:
        best: scores; the index names the tags, the columns the words, from left to right.
        before: the tag before on the best way to each node, with the same names; the first column is not looked at.
        path: the tags of the best path, one for each word.
        title: of the figure.
    """
    tags, words = list(best.index), [str(word) for word in best.columns]
    figure = Figure()
    for t in range(1, len(words)):
        for row, tag in enumerate(tags):
            source = before.iloc[row, t]
            strong = (path[t - 1], path[t]) == (source, tag)
            line = {"color": COLORS[0] if strong else GRID, "width": 7 if strong else 3}
            ends = [tags.index(source), row]
            figure.add_trace(go.Scatter(x=[t - 1, t], y=ends, mode="lines", line=line, hoverinfo="skip"))
    for row, tag in enumerate(tags):
        on = [tag == wanted for wanted in path]
        figure.add_trace(
            go.Scatter(
                x=list(range(len(words))),
                y=[row] * len(words),
                mode="markers+text",
                text=[f"{value:.1f}".replace("-", "−") for value in best.iloc[row]],
                textfont={"size": 17, "color": ["#FFFFFF" if there else INK for there in on]},
                marker={
                    "size": 52,
                    "color": [COLORS[0] if there else "#FFFFFF" for there in on],
                    "line": {"color": [COLORS[0] if there else INK for there in on], "width": 2},
                },
                name=tag,
                hovertemplate=f"{tag}: %{{text}}<extra></extra>",
            )
        )
    styled(figure, f"{title}<br><sup>blue: the best path; grey: the best ways to the other nodes</sup>", height=440)
    figure.update_xaxes(tickvals=list(range(len(words))), ticktext=words, range=[-0.4, len(words) - 0.6])
    figure.update_yaxes(tickvals=list(range(len(tags))), ticktext=tags, range=[len(tags) - 0.5, -0.5])
    figure.update_xaxes(showgrid=False, tickfont={"size": 18})
    figure.update_yaxes(showgrid=False, tickfont={"size": 16})
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 110, "t": 90})
    return figure
