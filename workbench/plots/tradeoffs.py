"""Methods per task against single tasks, two tasks against each other, and gains against their cost."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.comparison import SYMBOLS
from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, INK

#: behind methods: what fixed weights reach
BEHIND = "#8C8C8C"


def dumbbells(frame: pd.DataFrame, title: str = "Every task against its single-task model") -> Figure:
    """A panel per task; a line from the single-task model (circle) to each method (diamond).

    Args:
        frame: columns ``method``, a test metric ``task metric`` for every task, and ``Δ task`` (change in %, positive
            is better), and ``against``, the method that each is measured against; it is empty for single-task models.
    """
    tasks = [column[2:] for column in map(str, frame.columns) if column.startswith("Δ ")]
    columns = {
        task: next(column for column in map(str, frame.columns) if column.startswith(f"{task} ")) for task in tasks
    }
    methods, values = frame[frame["against"] != ""].reset_index(drop=True), frame.set_index("method")
    figure = Figure(make_subplots(1, len(tasks), shared_yaxes=True, subplot_titles=list(columns.values())))
    for place, (task, column) in enumerate(columns.items(), 1):
        single = [float(values.loc[name, column]) for name in methods["against"]]
        for row, (base, value) in enumerate(zip(single, methods[column], strict=True)):
            better = methods[f"Δ {task}"].iloc[row] > 0
            line = {"color": COLORS[0] if better else COLORS[1], "width": 4, "dash": "solid" if better else "dot"}
            figure.add_trace(
                go.Scatter(x=[base, value], y=[row, row], mode="lines", line=line, hoverinfo="skip", showlegend=False),
                row=1,
                col=place,
            )
        marks = (
            ("single tasks", single, "circle", "#FFFFFF"),
            ("method", methods[column], "diamond", INK),
        )
        for name, x, symbol, fill in marks:
            marker = {"size": 12, "symbol": symbol, "color": fill, "line": {"width": 2, "color": INK}}
            points = go.Scatter(
                x=x,
                y=list(range(len(methods))),
                mode="markers",
                marker=marker,
                name=name,
                legendgroup=name,
                showlegend=place == 1,
                customdata=methods["method"],
                hovertemplate="%{customdata}: %{x:.4f}<extra>" + name + "</extra>",
            )
            figure.add_trace(points, row=1, col=place)
    figure.update_yaxes(
        tickvals=list(range(len(methods))), ticktext=methods["method"], range=[len(methods) - 0.5, -0.5]
    )
    figure.update_xaxes(nticks=4)
    subtitle = "solid line: better than the single-task model; dotted: worse; test, mean over seeds"
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=190 + 55 * len(methods))
    return figure.update_layout(hovermode="closest", margin={"l": 190, "t": 110})


def plane(frame: pd.DataFrame, front: pd.DataFrame | None, x: str, y: str, title: str = "") -> Figure:
    """Two figures of the test split against each other: a mark per method, and behind them what fixed weights reach.

    Args:
        frame: columns ``method``, ``x`` and ``y``; no mark where one of these is missing.
        front: the same two columns and ``on_front``, a row per set of weights; None: there is none. A line joins those
            that are on it.
        x, y: names of the columns.
        title: of the figure.
    """
    figure = Figure()
    if front is not None and len(front):
        ordered = front.sort_values(x)
        for on, name, symbol in (
            (False, "fixed weights", "circle-open"),
            (True, "fixed weights, on their front", "circle"),
        ):
            part = ordered[ordered["on_front"] == on]
            weights = [column for column in map(str, front.columns) if column.startswith("w ")]
            told = ["<br>".join(f"{column[2:]} {row[column]:g}" for column in weights) for _, row in part.iterrows()]
            figure.add_trace(
                go.Scatter(
                    x=part[x],
                    y=part[y],
                    mode="lines+markers" if on else "markers",
                    line={"color": BEHIND, "width": 2},
                    marker={"size": 9, "color": BEHIND, "symbol": symbol},
                    text=told,
                    hovertemplate="%{text}<extra>" + name + "</extra>",
                    name=name,
                )
            )
    for i, (method, first, second) in enumerate(zip(frame["method"], frame[x], frame[y], strict=True)):
        if pd.isna(first) or pd.isna(second):
            continue
        marker = {"size": 15, "color": COLORS[i % len(COLORS)], "symbol": SYMBOLS[i % len(SYMBOLS)]}
        marker["line"] = {"width": 1.5, "color": INK}
        figure.add_trace(go.Scatter(x=[first], y=[second], mode="markers", marker=marker, name=method))
    figure.update_xaxes(title=f"{x}, test")
    figure.update_yaxes(title=f"{y}, test")
    subtitle = "mean over seeds; a method on the grey line could have been had by choosing weights"
    title = title or f"{x.split()[0]} against {y.split()[0]}"
    return styled(figure, f"{title}<br><sup>{subtitle}</sup>" if front is not None else title, 480).update_layout(
        hovermode="closest"
    )


def gain_for_time(frame: pd.DataFrame, title: str = "What a gain costs") -> Figure:
    """Δm with its interval against seconds of training, a mark per method; above the dashed line is better.

    Args:
        frame: columns ``method``, ``against`` (empty for single-task models, which are not drawn), ``delta_m`` (no mark
            where there is none), ``low``, ``high`` and ``seconds``.
    """
    figure = Figure()
    for i, row in enumerate(frame[frame["against"] != ""].to_dict("records")):
        if pd.isna(row["delta_m"]):
            continue
        known = row["low"] == row["low"]
        figure.add_trace(
            go.Scatter(
                x=[row["seconds"]],
                y=[row["delta_m"]],
                mode="markers",
                marker={"size": 14, "color": COLORS[i % len(COLORS)], "symbol": SYMBOLS[i % len(SYMBOLS)]},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [row["high"] - row["delta_m"] if known else 0],
                    "arrayminus": [row["delta_m"] - row["low"] if known else 0],
                    "thickness": 2.5,
                    "width": 6,
                },
                name=row["method"],
            )
        )
    figure.add_hline(y=0, line={"color": INK, "width": 2, "dash": "dash"})
    figure.update_xaxes(title="seconds of training", rangemode="tozero")
    figure.update_yaxes(title="Δm in %")
    subtitle = "Δm against single tasks with its 95 % interval; same steps for all"
    return styled(figure, f"{title}<br><sup>{subtitle}</sup>", 440).update_layout(hovermode="closest")
