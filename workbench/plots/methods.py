"""Several methods side by side: curves per task, steps against seconds, shares of the weight."""

from collections.abc import Mapping, Sequence
from math import ceil

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.curves import thinned
from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, TaskStyle, task_style

#: labels of a logarithmic axis
TICKS = [digit * 10.0**power for power in range(-5, 4) for digit in (1, 2, 5)]
#: method -> tidy histories, one per seed
Histories = Mapping[str, Sequence[pd.DataFrame]]


def learning(histories: Histories, tasks: Sequence[str], title: str = "Validation loss per task") -> Figure:
    """Validation loss of every task, a panel each, with a colour and a line style per method.

    Args:
        histories: method -> tidy histories of its runs, one per seed.
        tasks: names of the tasks.
        title: of the figure.
    """
    figure = Figure(make_subplots(1, len(tasks), subplot_titles=list(tasks), horizontal_spacing=0.07))
    for column, task in enumerate(tasks, 1):
        for method, style in task_style(list(histories)).items():
            for line in _lines(histories[method], task, method, style, legend=column == 1):
                figure.add_trace(line, row=1, col=column)
    figure.update_xaxes(title="step")
    figure.update_yaxes(type="log", tickvals=TICKS, tickformat="~g")
    figure.update_yaxes(title="loss (log scale)", col=1)
    return _finished(figure, title, "strong: mean over seeds, faint: each seed")


def steps_and_seconds(
    histories: Histories, pace: Mapping[str, float], task: str, title: str = "Equal steps, equal time"
) -> Figure:
    """Validation loss of one task over steps, and the same curves over seconds.

    Args:
        histories: method -> tidy histories of its runs, one per seed.
        pace: method -> seconds per step.
        task: name of the task.
        title: of the figure.
    """
    panels = [f"{task}: equal steps", f"{task}: equal time (dotted: the first to finish)"]
    figure = Figure(make_subplots(1, 2, shared_yaxes=True, subplot_titles=panels, horizontal_spacing=0.04))
    for method, style in task_style(list(histories)).items():
        for column, scale in ((1, 1.0), (2, pace[method])):
            for line in _lines(histories[method], task, method, style, legend=column == 1, scale=scale):
                figure.add_trace(line, row=1, col=column)
    first = min(pace[method] * max(frame["step"].max() for frame in frames) for method, frames in histories.items())
    figure.add_vline(x=first, line={"color": INK, "width": 2, "dash": "dot"}, opacity=0.5, row=1, col=2)
    figure.update_xaxes(title="step", col=1)
    figure.update_xaxes(title="seconds", col=2)
    figure.update_yaxes(type="log", tickvals=TICKS, tickformat="~g")
    figure.update_yaxes(title="loss (log scale)", col=1)
    return _finished(figure, title, "strong: mean over seeds, faint: each seed")


def shares(histories: Mapping[str, pd.DataFrame], tasks: Sequence[str], title: str = "Who gets the weight?") -> Figure:
    """Each task's share of the weight over steps, a panel per method: single steps (faint) and a moving mean.

    Args:
        histories: method -> the tidy history of one run.
        tasks: names of the tasks; they fix colours and line styles.
        title: of the figure.
    """
    columns = min(len(histories), 4)
    rows = ceil(len(histories) / columns)
    grid = make_subplots(
        rows,
        columns,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=list(histories),
        horizontal_spacing=0.025,
        vertical_spacing=0.28 / rows,
    )
    figure = Figure(grid)
    for i, frame in enumerate(histories.values()):
        weight = frame[frame["quantity"] == "weight"].pivot(index="step", columns="task", values="value")
        share = weight.div(weight.abs().sum(axis=1), axis=0)
        mean = share.rolling(max(1, len(share) // 20), min_periods=1, center=True).mean()
        for task, style in task_style(tasks).items():
            for values, width, opacity in ((share, 1, 0.25), (mean, 3, 1.0)):
                steps, shown = thinned(values.index.to_numpy(), values[task].to_numpy())
                line = go.Scatter(
                    x=steps,
                    y=shown,
                    name=task,
                    legendgroup=task,
                    showlegend=i == 0 and width == 3,
                    mode="lines",
                    opacity=opacity,
                    line={**style, "width": width},
                )
                figure.add_trace(line, row=i // columns + 1, col=i % columns + 1)
    figure.update_xaxes(title="step", row=rows)
    figure.update_yaxes(title="share", col=1)
    figure.update_yaxes(rangemode="tozero")
    return _finished(figure, title, "strong: moving mean, faint: each step", height=180 + 190 * rows)


def _lines(
    frames: Sequence[pd.DataFrame], task: str, method: str, style: TaskStyle, legend: bool, scale: float = 1.0
) -> list[go.Scatter]:
    """A faint line per seed, if there are several, and a strong one for their mean."""
    parts = [f[(f["task"] == task) & (f["split"] == "val") & (f["quantity"] == "loss")] for f in frames]
    mean = pd.concat(parts).groupby("step", as_index=False)["value"].mean()
    drawn = [(part, 1, 0.3) for part in parts if len(parts) > 1] + [(mean, 3, 1.0)]
    return [
        go.Scatter(
            x=part["step"] * scale,
            y=part["value"],
            name=method,
            legendgroup=method,
            showlegend=legend and width == 3,
            hoverinfo="skip" if width == 1 else None,
            mode="lines",
            opacity=opacity,
            line={**style, "width": width},
        )
        for part, width, opacity in drawn
    ]


def _finished(figure: Figure, title: str, subtitle: str, height: int = 430) -> Figure:
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=height)
    figure.update_layout(margin={"t": 105}, hovermode="closest")
    return figure
