"""Smaller models: what each task is worth to them, and which layer a task depends on."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, SIGNED, task_style

#: panels in a row; four are shown two by two
COLUMNS = 3
#: what can be drawn across -> title of the axis, and by what it is divided
ACROSS = {
    "bytes": ("size on disk (kB)", 1000),
    "parameters": ("parameters", 1),
    "ms1_p50": ("ms for one example", 1),
    "ms256_p50": ("ms for 256 examples", 1),
}
#: from this change of a metric on colours are full
FULL = 1.0


def compression(frame: pd.DataFrame, x: str = "bytes", title: str = "What smaller models are worth") -> Figure:
    """Metric of each task against what a model costs, a panel per task; further up and further left is better.

    The dashed line is the level of the first model. Of a model that comes several times the first rows are drawn.

    Args:
        frame: columns ``model``, ``task``, ``metric``, ``test`` and the one named ``x``, as ``wb.compress`` gives them;
            of several results one behind the other, too.
        x: ``bytes``, ``parameters``, ``ms1_p50`` or ``ms256_p50``.
        title: of the figure.
    """
    frame = frame.drop_duplicates(["model", "task"])
    tasks, models = list(frame["task"].unique()), task_style(list(frame["model"].unique()))
    columns = 2 if len(tasks) == 4 else min(len(tasks), COLUMNS)
    rows = math.ceil(len(tasks) / columns)
    grid = make_subplots(rows, columns, subplot_titles=tasks, horizontal_spacing=0.08, vertical_spacing=0.22 / rows)
    figure, (across, unit) = Figure(grid), ACROSS[x]
    for number, task in enumerate(tasks):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        part = frame[frame["task"] == task].set_index("model")
        for i, (model, look) in enumerate(models.items()):
            if model not in part.index:
                continue
            symbol = "circle" if i == 0 else SYMBOLS[(i - 1) % len(SYMBOLS)]
            mark = go.Scatter(
                x=[part.loc[model, x] / unit],
                y=[part.loc[model, "test"]],
                mode="markers",
                marker={"size": 16, "color": look["color"], "symbol": symbol},
                name=model,
                legendgroup=model,
                showlegend=number == 0,
                hovertemplate=f"{model}, {task}: %{{y:.4f}} at %{{x:.4g}}<extra></extra>",
            )
            figure.add_trace(mark, **place)
        figure.add_hline(y=part["test"].iloc[0], line={"color": INK, "width": 1, "dash": "dash"}, **place)
        low, high = part["test"].min(), part["test"].max()
        room = max(0.25 * (high - low), 0.005)
        figure.update_yaxes(title=part["metric"].iloc[0], title_standoff=4, range=[low - room, high + room], **place)
    ends = [math.log10(frame[x].min() / unit) - 0.25, math.log10(frame[x].max() / unit) + 0.25]
    steps = (1, 2, 5) if ends[1] - ends[0] < 2 else (1,)
    ticks = [step * 10.0**power for power in range(math.floor(ends[0]), math.ceil(ends[1])) for step in steps]
    figure.update_xaxes(type="log", range=ends, tickvals=ticks, ticktext=[f"{tick:,g}" for tick in ticks])
    figure.update_xaxes(title=across, title_standoff=6, row=rows)
    styled(figure, f"{title}<br><sup>dashed: {next(iter(models))}; up and left is better</sup>", 190 + 270 * rows)
    figure.update_layout(hovermode="closest", margin={"t": 115, "b": 120})
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": -0.32 / rows, "yanchor": "top"})
    return figure


def sensitivity(frame: pd.DataFrame, title: str = "Which task needs which layer") -> Figure:
    """What every task loses where only one layer is pruned: a row per layer, a column per task.

    Args:
        frame: columns ``layer``, ``task`` and ``gain`` (below 0: worse), as ``wb.compress(run, "prune")`` gives them.
        title: of the figure.
    """
    found = frame.pivot(index="layer", columns="task", values="gain")
    found = found.loc[list(frame["layer"].unique()), list(frame["task"].unique())]
    values = found.to_numpy()
    limit = min(max(float(np.abs(values).max()), 0.01), FULL)
    heat = go.Heatmap(
        z=values,
        x=list(found.columns),
        y=list(found.index),
        zmin=-limit,
        zmax=limit,
        colorscale=SIGNED,
        text=[[f"{value:+.3f}" if value else "0" for value in row] for row in values],
        texttemplate="%{text}",
        colorbar={"title": "change"},
        xgap=2,
        ygap=2,
        hovertemplate="%{y} pruned, %{x}: %{z:+.4f}<extra></extra>",
    )
    figure = Figure(go.Figure(heat))
    figure.update_yaxes(autorange="reversed", title="only this layer pruned", automargin=True)
    figure.update_xaxes(side="bottom")
    styled(figure, f"{title}<br><sup>change of its metric on validation; below 0 is worse</sup>", 190 + 38 * len(found))
    figure.update_layout(hovermode="closest")
    return figure
