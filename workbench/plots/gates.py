"""What a fusion shows of itself: gates, mixing coefficients, attention."""

from collections.abc import Sequence
from math import isnan

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import DIVERGING, INK

#: pale to full, for values of at least 0; dark numbers stay readable on it
RISING = [[0.0, "#FFFFFF"], [1.0, "#56A5D8"]]
#: most columns with a number in every cell
NUMBERED = 12
#: height of a row, and what a panel takes beside its rows, in pixels
ROW, AROUND = 34, 105


def gates(frame: pd.DataFrame, step: int | None = None, title: str = "What the fusion learned") -> Figure:
    """A heatmap for each table of a fusion, one below the other: rows are tasks where there are some.

    Colours run from 0 to the largest value of a table, or, where it has values below 0, evenly to both sides of 0.
    Cells that a row does not have stay empty.

    Args:
        frame: from ``run.gates``: columns ``step``, ``name``, ``row``, ``column``, ``value``.
        step: show the last tables up to this step; None: the last ones.
        title: of the figure.

    Raises:
        ValueError: there is nothing up to that step.
    """
    if step is not None:
        frame = frame[frame["step"] <= step]
    if frame.empty:
        raise ValueError("there is no table to show" + ("" if step is None else f" up to step {step}"))
    last = frame[frame["step"] == frame["step"].max()]
    tables = {name: _matrix(part) for name, part in last.groupby("name", sort=False)}
    heights = [len(table) * ROW for table in tables.values()]
    total = sum(heights) + AROUND * len(heights)
    figure = Figure(
        make_subplots(
            rows=len(tables),
            cols=1,
            row_heights=[height / sum(heights) for height in heights],
            vertical_spacing=(AROUND / total) * 0.9 if len(tables) > 1 else 0,
            subplot_titles=[f"<b>{name}</b>" for name in tables],
        )
    )
    for place, (name, table) in enumerate(tables.items(), 1):
        figure.add_trace(_heatmap(str(name), table), row=place, col=1)
        figure.update_yaxes(autorange="reversed", type="category", row=place, col=1)
        figure.update_xaxes(type="category", row=place, col=1)
    styled(figure, f"{title}<br><sup>after step {last['step'].iloc[0]}</sup>", height=total + 60)
    widest = max(table.shape[1] for table in tables.values())
    figure.update_layout(
        hovermode="closest", width=max(480, 240 + min(widest, 40) * (70 if widest <= NUMBERED else 18))
    )
    figure.update_layout(margin={"t": 105})
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    return figure


def _matrix(part: pd.DataFrame) -> pd.DataFrame:
    rows, columns = list(dict.fromkeys(part["row"])), list(dict.fromkeys(part["column"]))
    return part.pivot(index="row", columns="column", values="value").loc[rows, columns]


def _heatmap(name: str, table: pd.DataFrame) -> go.Heatmap:
    values = table.to_numpy(dtype=float)
    signed = bool(np.nanmin(values, initial=0.0) < 0)
    top = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    return go.Heatmap(
        z=values,
        x=list(table.columns),
        y=list(table.index),
        text=_written(values) if table.shape[1] <= NUMBERED else None,
        texttemplate="%{text}" if table.shape[1] <= NUMBERED else None,
        textfont={"size": 14, "color": INK},
        hovertemplate=f"{name}: %{{y}}, %{{x}}: %{{z:.3f}}<extra></extra>",
        zmin=-top / 0.8 if signed else 0.0,
        zmax=top / 0.8 if signed else top,
        colorscale=DIVERGING if signed else RISING,
        showscale=False,
        xgap=2,
        ygap=2,
    )


def _written(values: np.ndarray) -> Sequence[Sequence[str]]:
    return [["" if isnan(v) else f"{v:.2f}".replace("-0.00", "0.00").replace("-", "−") for v in row] for row in values]
