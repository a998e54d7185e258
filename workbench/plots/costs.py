"""What models cost: parameters, arithmetic, waiting time."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS


def costs(frame: pd.DataFrame, title: str = "What a model costs") -> Figure:
    """Bars per model: parameters (shared and own), million operations per example, median milliseconds per call.

    Args:
        frame: from ``wb.cost``: columns ``name``, ``shared``, ``own``, ``parameters``, ``mflop``, ``ms_p50``.
        title: of the figure.
    """
    panels = ["parameters", "arithmetic (Mflop)", "waiting time (ms)"]
    figure = Figure(make_subplots(1, 3, shared_yaxes=True, subplot_titles=panels, horizontal_spacing=0.05))
    whole = [f"{count:,}" for count in frame["parameters"]]
    figure.add_trace(_bars(frame, "shared", "shared by tasks", COLORS[0], legend=True), row=1, col=1)
    own = _bars(frame, "own", "one task's own", COLORS[4], legend=True)
    figure.add_trace(own.update(marker_pattern_shape="/"), row=1, col=1)
    figure.add_trace(_numbers(frame["name"], frame["parameters"], whole), row=1, col=1)
    written = [f"{value:.3g}" for value in frame["mflop"]]
    figure.add_trace(_bars(frame, "mflop", "Mflop per example", COLORS[5]), row=1, col=2)
    figure.add_trace(_numbers(frame["name"], frame["mflop"], written), row=1, col=2)
    waits = [f"{value:.2f}" for value in frame["ms_p50"]]
    figure.add_trace(_bars(frame, "ms_p50", "ms, median", COLORS[5]), row=1, col=3)
    figure.add_trace(_numbers(frame["name"], frame["ms_p50"], waits), row=1, col=3)
    for column, name in enumerate(("parameters", "mflop", "ms_p50"), 1):
        figure.update_xaxes(range=[0, 1.35 * frame[name].max()], nticks=4, row=1, col=column)
    figure.update_yaxes(autorange="reversed", tickfont={"size": 16})
    styled(figure, f"{title}<br><sup>arithmetic per example; median waiting time</sup>", 220 + 48 * len(frame))
    figure.update_layout(barmode="stack", hovermode="closest", margin={"l": 130, "t": 110})
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": -0.22, "yanchor": "top"})
    return figure


def _bars(frame: pd.DataFrame, column: str, name: str, color: str, legend: bool = False) -> go.Bar:
    return go.Bar(
        x=frame[column], y=frame["name"], orientation="h", name=name, marker_color=color, showlegend=legend, width=0.6
    )


def _numbers(names: pd.Series, ends: pd.Series, texts: list[str]) -> go.Scatter:
    """Numbers to the right of the bars, all as far from their ends."""
    return go.Scatter(
        x=ends,
        y=names,
        mode="text",
        text=[f" {text}" for text in texts],
        textposition="middle right",
        showlegend=False,
        hoverinfo="skip",
    )
