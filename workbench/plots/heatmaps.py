"""Maps of tasks against tasks."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import DIVERGING


def heatmap(
    matrix: np.ndarray,
    names: Sequence[str],
    title: str,
    spread: np.ndarray | None = None,
    limits: tuple[float, float] = (-1.0, 1.0),
) -> Figure:
    """An affinity map: rows "train on", columns "helps", colours centred at 0, numbers in the cells.

    Args:
        matrix: ``[K, K]``.
        names: of the tasks.
        spread: standard deviation over steps, ``[K, K]``, written under each number.
        limits: of the colours; the same for all maps that are to be compared.
    """
    matrix = np.asarray(matrix, dtype=float)
    shown = [
        [
            "" if np.isnan(v) else f"{v:.2f}" + ("" if spread is None or i == j else f"<br>± {spread[i][j]:.2f}")
            for j, v in enumerate(row)
        ]
        for i, row in enumerate(matrix)
    ]
    figure = Figure(
        go.Heatmap(
            z=matrix,
            x=list(names),
            y=list(names),
            text=shown if len(names) <= 12 else None,
            texttemplate="%{text}",
            zmin=limits[0],
            zmax=limits[1],
            colorscale=DIVERGING,
            colorbar={"title": ""},
            hovertemplate="train on %{y}, helps %{x}: %{z:.3f}<extra></extra>",
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(autorange="reversed", title="train on")
    figure.update_xaxes(title="helps", side="bottom")
    styled(figure, title, height=max(360, 150 + 60 * len(names)))
    figure.update_layout(hovermode="closest", width=max(480, 260 + 75 * len(names)))
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    return figure
