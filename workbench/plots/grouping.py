"""Which tasks train together, and whether what was foretold of it came true."""

import textwrap

import pandas as pd
import plotly.graph_objects as go

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, INK, task_style

#: what a network is to a task -> fill and ink of its square
ROLES = {"answers": (COLORS[0], "#FFFFFF"), "trains along": ("#FFFFFF", INK)}
#: side of a square, and the distance to the next, in pixels
SIDE, STEP = 52, 66
#: longest name that is written level, in characters
LEVEL = 8
#: what a character of a slanted name takes below the squares, in pixels
TILTED = 7


def grouping(frame: pd.DataFrame, subtitle: str = "", title: str = "Which tasks train together") -> Figure:
    """Networks as rows, tasks as columns: which network answers for a task, and which only trains it along.

    A full square holds the score of the task, which this network answers. A hollow square is a task that is trained
    for the sake of the others. Where there is no square, the network does not see the task.

    Args:
        frame: from ``Grouping.memberships()``: columns ``network``, ``cost``, ``task``, ``role``, ``score``.
        subtitle: what is said below the title; ``Grouping.summary`` for instance.
        title: of the figure.
    """
    tasks = list(dict.fromkeys(frame["task"]))
    networks = frame.drop_duplicates("network")
    places = {number: row for row, number in enumerate(networks["network"])}
    figure = Figure()
    for role, (fill, ink) in ROLES.items():
        part = frame[frame["role"] == role]
        figure.add_trace(
            go.Scatter(
                x=[tasks.index(task) for task in part["task"]],
                y=[places[number] for number in part["network"]],
                mode="markers+text",
                marker={"symbol": "square", "size": SIDE, "color": fill, "line": {"color": COLORS[0], "width": 3}},
                text=["" if pd.isna(score) else f"{score:.3g}".replace("-", "−") for score in part["score"]],
                textfont={"color": ink, "size": 13},
                customdata=part["task"],
                hovertemplate=f"%{{y}} {role}: %{{customdata}} %{{text}}<extra></extra>",
                name=role,
                showlegend=False,
            )
        )
        key = {"symbol": "square", "size": 16, "color": fill, "line": {"color": COLORS[0], "width": 3}}
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=key, name=role))
    labels = [
        f"network {number}" + ("" if cost == 1 else f" (cost {cost:g})")
        for number, cost in zip(networks["network"], networks["cost"], strict=True)
    ]
    width = max(760, 320 + STEP * len(tasks))
    below = max(len(task) for task in tasks) * TILTED if any(len(task) > LEVEL for task in tasks) else 30
    height = 125 + STEP * len(places) + below
    styled(figure, f"{title}<br><sup>{_wrapped(subtitle, width // 8)}</sup>", height=height)
    figure.update_layout(hovermode="closest", width=width, margin={"l": 160, "t": 95, "b": below})
    figure.update_layout(title={"y": 1 - 20 / height, "yanchor": "top"})
    figure.update_xaxes(
        tickvals=list(range(len(tasks))),
        ticktext=tasks,
        range=[-0.6, len(tasks) - 0.4],
        tickangle=-40 if below > 30 else 0,
        showgrid=False,
    )
    figure.update_yaxes(tickvals=list(places.values()), ticktext=labels, range=[len(places) - 0.4, -0.6])
    return figure


def foretold(frame: pd.DataFrame, x: str, y: str, title: str, subtitle: str = "", equal: bool = False) -> Figure:
    """What was foretold against what was measured, a mark each, and the name of those that have one.

    Args:
        frame: columns ``kind`` (a colour and a symbol each), those named ``x`` (foretold) and ``y`` (measured), and
            ``label``, written beside the mark; "" for none.
        x, y: names of columns, and titles of the axes.
        title, subtitle: of the figure.
        equal: both have the same unit, and a dashed line shows where they are equal.
    """
    figure, middle = Figure(), (frame[x].min() + frame[x].max()) / 2
    if equal:
        ends = [frame[[x, y]].min().min(), frame[[x, y]].max().max()]
        line = {"color": INK, "width": 2, "dash": "dash"}
        figure.add_trace(go.Scatter(x=ends, y=ends, mode="lines", line=line, name="as foretold", hoverinfo="skip"))
    for i, (kind, style) in enumerate(task_style(list(frame["kind"].unique())).items()):
        part = frame[frame["kind"] == kind]
        figure.add_trace(
            go.Scatter(
                x=part[x],
                y=part[y],
                mode="markers+text",
                marker={"size": 13, "color": style["color"], "symbol": SYMBOLS[i % len(SYMBOLS)]},
                text=part["label"],
                textposition=["middle left" if value > middle else "middle right" for value in part[x]],
                textfont={"size": 14},
                name=kind,
                hovertemplate=f"{kind} %{{text}}: %{{x:.3g}} foretold, %{{y:.3g}} measured<extra></extra>",
            )
        )
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=520)
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    figure.update_layout(hovermode="closest", margin={"t": 95})
    return figure


def _wrapped(text: str, width: int) -> str:
    return "<br>".join(textwrap.wrap(text, width))
