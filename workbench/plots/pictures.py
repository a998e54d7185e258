"""Small pictures: an object in several views, and where in it tasks look."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS

#: white paper, black ink
PAPER = [[0.0, "#FFFFFF"], [1.0, "#1A1A1A"]]


def with_profiles(image: np.ndarray, rows: np.ndarray, columns: np.ndarray, title: str) -> Figure:
    """A grey image, to its right the ink of each row, below it the ink of each column.

    Args:
        image: ``[height, width]``, 0 (paper) to 1 (ink).
        rows: ``[height]``.
        columns: ``[width]``.
        title: of the figure.
    """
    grid = make_subplots(
        2, 2, column_widths=[0.6, 0.4], row_heights=[0.6, 0.4], horizontal_spacing=0.06, vertical_spacing=0.08
    )
    figure = Figure(grid)
    height, width = image.shape
    figure.add_trace(_paper(image), row=1, col=1)
    side = go.Bar(x=rows, y=list(range(height)), orientation="h", marker_color=COLORS[0], name="rows")
    figure.add_trace(side, row=1, col=2)
    figure.add_trace(go.Bar(x=list(range(width)), y=columns, marker_color=COLORS[1], name="columns"), row=2, col=1)
    figure.update_yaxes(autorange="reversed", row=1)
    figure.update_yaxes(autorange="reversed", title="ink per column", row=2, col=1)
    figure.update_xaxes(title="ink per row", row=1, col=2)
    styled(figure, title, height=520)
    figure.update_xaxes(showticklabels=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, showgrid=False)
    return figure.update_layout(width=620, showlegend=False, hovermode="closest", bargap=0.1)


def looks(image: np.ndarray, maps: Mapping[str, np.ndarray], title: str) -> Figure:
    """Where in an image every task looks: a panel per task, the stronger the colour the more attention.

    Args:
        image: ``[height, width]``, 0 (paper) to 1 (ink).
        maps: task -> attention ``[rows, columns]`` over the fields into which the image is cut.
        title: of the figure.
    """
    figure = Figure(make_subplots(1, len(maps), subplot_titles=list(maps), horizontal_spacing=0.04))
    height, width = image.shape
    top = max(float(np.max(each)) for each in maps.values()) or 1.0
    for panel, each in enumerate(maps.values(), 1):
        figure.add_trace(_paper(image), row=1, col=panel)
        down, across = height / each.shape[0], width / each.shape[1]
        for (i, j), value in np.ndenumerate(each):
            x, y = j * across - 0.5, i * down - 0.5
            field = {"x0": x, "x1": x + across, "y0": y, "y1": y + down}
            colour = {"fillcolor": COLORS[4], "opacity": 0.6 * float(value) / top, "line": {"width": 0}}
            figure.add_shape(type="rect", **field, **colour, row=1, col=panel)
            note = {
                "text": f"{value:.2f}",
                "showarrow": False,
                "font": {"size": 15},
                "bgcolor": "#FFFFFF",
            }
            figure.add_annotation(x=x + across / 2, y=y + down / 2, **note, row=1, col=panel)
    styled(figure, f"{title}<br><sup>the stronger the colour, the more attention</sup>", height=400)
    figure.update_xaxes(showticklabels=False, showgrid=False, constrain="domain")
    figure.update_yaxes(showticklabels=False, showgrid=False, autorange="reversed", constrain="domain")
    return figure.update_layout(width=120 + 270 * len(maps), hovermode="closest", margin={"t": 110})


def _paper(image: np.ndarray) -> go.Heatmap:
    return go.Heatmap(z=image, colorscale=PAPER, zmin=0, zmax=1, showscale=False, hoverinfo="skip")
