"""Where a writer looked while it wrote."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.gates import RISING


def alignment(weights: np.ndarray, written: Sequence[str], read: Sequence[str], title: str) -> Figure:
    """Attention as a heatmap: a row for each word written, from the top, a column for each word read.

    A weight of at least 0.1 stands in its cell.

    Args:
        weights: ``[written, read]``, each row with sum 1.
        written: the words of the rows; a word may come twice.
        read: the words of the columns.
        title: of the figure.
    """
    values = np.asarray(weights, dtype=float)
    figure = Figure(
        go.Heatmap(
            z=values,
            text=[[f"{value:.1f}" if value >= 0.1 else "" for value in row] for row in values],
            texttemplate="%{text}",
            customdata=[[f"{out} ← {word}" for word in read] for out in written],
            hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
            zmin=0,
            zmax=1,
            colorscale=RISING,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    styled(figure, title, height=220 + 38 * len(written))
    figure.update_xaxes(title="read", tickvals=list(range(len(read))), ticktext=list(read), tickangle=-45)
    figure.update_yaxes(
        title="written", tickvals=list(range(len(written))), ticktext=list(written), autorange="reversed"
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    figure.update_layout(hovermode="closest", margin={"l": 110, "b": 110})
    return figure
