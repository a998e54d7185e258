"""Gradients and updates as arrows in a plane."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, task_style

#: where no task is hurt
CALM = "#DDE3E8"

Vector = Sequence[float]


def arrows(
    gradients: Mapping[str, Vector], updates: Mapping[str, Vector] | None = None, title: str = "Gradients"
) -> Figure:
    """Task gradients (thin) and updates made of them (thick) as arrows from one point.

    Grey: the directions ``d`` with ``⟨d, g_i⟩ ≥ 0`` for every task i, in which no task is hurt.

    Args:
        gradients: task -> two coordinates.
        updates: method -> two coordinates.
        title: of the figure.
    """
    drawn = {**gradients, **(updates or {})}
    tips = np.array([np.asarray(tip, dtype=float) for tip in drawn.values()])
    reach = 1.25 * np.abs(tips).max()
    wedge = no_conflict(np.array([np.asarray(g, dtype=float) for g in gradients.values()]), reach)
    figure = Figure()
    figure.add_trace(
        go.Scatter(
            x=wedge[:, 0],
            y=wedge[:, 1],
            fill="toself",
            fillcolor=CALM,
            line={"width": 0},
            mode="lines",
            showlegend=False,
            hoverinfo="skip",
        )
    )
    for (name, style), (x, y) in zip(task_style(list(drawn)).items(), tips, strict=True):
        thick = name not in gradients
        figure.add_trace(
            go.Scatter(
                x=[0, x],
                y=[0, y],
                mode="lines+markers+text",
                line={**style, "width": 5 if thick else 3},
                marker={
                    "symbol": "arrow",
                    "size": [0, 20],
                    "angleref": "previous",
                    "color": style["color"],
                    "opacity": 1,
                },
                text=["", f"<b>{name}</b>" if thick else name],
                textposition=f"{'top' if y >= 0 else 'bottom'} {'right' if x >= 0 else 'left'}",
                name=name,
                showlegend=False,
                hovertemplate=f"{name}: (%{{x:.3g}}, %{{y:.3g}})<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(x=[0], y=[0], mode="markers", marker={"size": 9, "color": INK}, showlegend=False, hoverinfo="skip")
    )
    low, high = tips.min(0).clip(max=0), tips.max(0).clip(min=0)
    room = 0.22 * (high - low).max()
    styled(figure, f"{title}<br><sup>grey: directions in which no task is hurt</sup>", height=470)
    figure.update_layout(hovermode="closest", width=900)
    figure.update_xaxes(title="parameter 1", range=[low[0] - room, high[0] + room], zeroline=True)
    figure.update_yaxes(title="parameter 2", range=[low[1] - room, high[1] + room], zeroline=True, scaleanchor="x")
    return figure


def no_conflict(gradients: np.ndarray, reach: float) -> np.ndarray:
    """The part of the square from -reach to reach where ``G x ≥ 0``, as corners in order, ``[corners, 2]``."""
    corners = reach * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    for g in gradients:
        side = corners @ g
        kept = []
        for i in range(len(corners)):
            a, b, at_a, at_b = corners[i - 1], corners[i], side[i - 1], side[i]
            if (at_a < 0) != (at_b < 0):
                kept.append(a + (b - a) * at_a / (at_a - at_b))
            if at_b >= 0:
                kept.append(b)
        corners = np.array(kept).reshape(-1, 2)
    return corners
