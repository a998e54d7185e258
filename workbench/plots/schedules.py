"""Who trained when, and what a budget of networks buys."""

from collections.abc import Mapping, Sequence
from math import ceil

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, INK, task_style

#: beside the solid bars, so that nobody needs the colours
PATTERNS = ["", "/", ".", "x"]


def turns(histories: Mapping[str, pd.DataFrame], tasks: Sequence[str], title: str = "Who trains when") -> Figure:
    """A panel per schedule, a row per task, a mark at every step at which the task trained; right of it, how often.

    Args:
        histories: schedule -> the tidy history of one run, or of some steps of it.
        tasks: names of the tasks, from top to bottom.
        title: of the figure.
    """
    columns = min(len(histories), 2)
    rows = ceil(len(histories) / columns)
    grid = make_subplots(
        rows,
        columns,
        shared_yaxes=True,
        subplot_titles=list(histories),
        horizontal_spacing=0.03,
        vertical_spacing=0.36 / rows,
    )
    figure = Figure(grid)
    for i, (schedule, frame) in enumerate(histories.items()):
        train = frame[frame["split"] == "train"]
        first, last = int(train["step"].min()), int(train["step"].max())
        count = last - first + 1
        for line, (task, style) in enumerate(task_style(tasks).items()):
            at = train.loc[(train["task"] == task) & (train["quantity"] == "weight"), "step"].to_numpy()
            bars = go.Bar(
                x=at,
                y=[0.8] * len(at),
                base=line - 0.4,
                width=1,
                marker={"color": style["color"], "line_width": 0},
                name=task,
                hovertemplate=f"{schedule}: {task}, step %{{x}}<extra></extra>",
            )
            figure.add_trace(bars, row=i // columns + 1, col=i % columns + 1)
            often = _text([last + 0.02 * count], [line], [f"{len(at) / count:.0%}"])
            figure.add_trace(often, row=i // columns + 1, col=i % columns + 1)
        figure.update_xaxes(range=[first - 0.5, last + 0.14 * count], row=i // columns + 1, col=i % columns + 1)
    figure.update_yaxes(tickvals=list(range(len(tasks))), ticktext=list(tasks), range=[len(tasks) - 0.5, -0.5])
    figure.update_xaxes(title="step", row=rows)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    height = 150 + rows * (70 + 30 * len(tasks))
    styled(figure, f"{title}<br><sup>a mark: the task trained at this step; right: at how many of them</sup>", height)
    figure.update_layout(barmode="overlay", bargap=0, showlegend=False, hovermode="closest", margin={"t": 115})
    figure.update_layout(width=190 + 400 * columns)
    return figure


def budget(outcomes: pd.DataFrame, price: pd.DataFrame, title: str = "What a network for more tasks buys") -> Figure:
    """The sum of the tasks' losses over the number of tasks that get a network, and beside it what that costs.

    Args:
        outcomes: columns ``capacity``, ``seed``, ``answered_by``, ``loss``; a row per run and task.
        price: a row per capacity (the index), a column and a panel for each kind of cost.
        title: of the figure.
    """
    panels = ["sum of the losses", *map(str, price.columns)]
    widths = [2.0, *[1.0] * len(price.columns)]
    figure = Figure(make_subplots(1, len(panels), subplot_titles=panels, column_widths=widths, horizontal_spacing=0.08))
    seeds = outcomes["seed"].nunique()
    for i, (model, part) in enumerate(outcomes.groupby("answered_by", sort=False)):
        mean = part.groupby("capacity")["loss"].sum() / seeds
        bar = go.Bar(x=mean.index, y=mean, name=str(model), marker_color=COLORS[i], width=0.6)
        figure.add_trace(bar.update(marker_pattern_shape=PATTERNS[i % len(PATTERNS)]), row=1, col=1)
    each = outcomes.groupby(["capacity", "seed"])["loss"].sum()
    dots = go.Scatter(
        x=each.index.get_level_values("capacity"),
        y=each,
        mode="markers",
        marker={"size": 9, "color": "white", "line": {"color": INK, "width": 2}},
        name="each seed",
    )
    figure.add_trace(dots, row=1, col=1)
    tops = each.unstack("seed")
    above = list(tops.max(axis=1) + 0.03 * each.max())
    written = _text(list(tops.index), above, [f"{mean:.2f}" for mean in tops.mean(axis=1)])
    figure.add_trace(written.update(textposition="top center"), row=1, col=1)
    for column, cost in enumerate(price.columns, 2):
        bar = go.Bar(x=price.index, y=price[cost], marker_color=COLORS[5], width=0.6, showlegend=False)
        figure.add_trace(bar, row=1, col=column)
    figure.update_xaxes(title="tasks with a network", dtick=1, showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(range=[0, 1.15 * each.max()], col=1)
    styled(figure, f"{title}<br><sup>left: mean over {seeds} seeds, by who answers; lower is better</sup>", 470)
    figure.update_layout(barmode="stack", hovermode="closest", margin={"t": 115}, width=440 + 280 * len(price.columns))
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"})
    return figure


def _text(x: Sequence[float], y: Sequence[float], text: Sequence[str]) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="text", text=text, textposition="middle right", showlegend=False, hoverinfo="skip")
