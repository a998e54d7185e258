"""What a change is worth: mean differences with their intervals."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, task_style


def gains(frame: pd.DataFrame, x: str, title: str, axis: str = "difference") -> Figure:
    """Differences to a reference, a panel per task; an interval that leaves out the dashed zero is a finding.

    Args:
        frame: columns ``task``, ``method``, the one named ``x``, and ``mean``, ``low``, ``high`` of the difference.
        x: name of the column of what was turned, its values in the order in which they come.
        title: of the figure.
        axis: title of the vertical axis.
    """
    tasks, places = list(frame["task"].unique()), [str(value) for value in frame[x].unique()]
    methods = task_style(list(frame["method"].unique()))
    figure = Figure(make_subplots(1, len(tasks), shared_yaxes=True, subplot_titles=tasks, horizontal_spacing=0.03))
    for column, task in enumerate(tasks, 1):
        for i, (method, style) in enumerate(methods.items()):
            part = frame[(frame["task"] == task) & (frame["method"] == method)]
            aside = (i - (len(methods) - 1) / 2) * 0.22
            points = go.Scatter(
                x=[places.index(str(value)) + aside for value in part[x]],
                y=part["mean"],
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": part["high"] - part["mean"],
                    "arrayminus": part["mean"] - part["low"],
                    "thickness": 3,
                    "width": 6,
                },
                mode="markers",
                marker={"size": 12, "color": style["color"], "symbol": SYMBOLS[i % len(SYMBOLS)]},
                name=method,
                legendgroup=method,
                showlegend=column == 1,
                hovertemplate=f"{task}, {method}: %{{y:+.3f}}<extra></extra>",
            )
            figure.add_trace(points, row=1, col=column)
        figure.add_hline(y=0, line={"color": INK, "width": 2, "dash": "dash"}, row=1, col=column)
    ends = [-0.6, len(places) - 0.4]
    figure.update_xaxes(title=x, tickvals=list(range(len(places))), ticktext=places, range=ends, showgrid=False)
    figure.update_yaxes(title=axis, col=1)
    styled(figure, f"{title}<br><sup>mean over seeds and its 95 % interval; above the dashed line: better</sup>", 430)
    figure.update_layout(hovermode="closest", margin={"t": 110})
    return figure
