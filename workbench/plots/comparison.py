"""Methods against the single-task baseline."""

import pandas as pd
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, task_style

#: marker of each task, beside its colour
SYMBOLS = ["square", "diamond", "cross", "x", "triangle-up", "star"]


def delta_m(frame: pd.DataFrame, title: str = "Δm against single-task models") -> Figure:
    """Mean relative change per method in %, with its interval, and the change of each task; right of 0 is better.

    Args:
        frame: columns ``method``, ``delta_m`` (no mark where there is none), ``low``, ``high``, ``seeds``, and
            ``Δ task`` for every task.
    """
    figure = Figure()
    methods = [
        f"{method}  ({n} seed{'s' if n != 1 else ''}{'' if there else ', no Δm'})"
        for method, n, there in zip(frame["method"], frame["seeds"], frame["delta_m"].notna(), strict=True)
    ]
    rows = list(range(len(frame)))
    tasks = [column[2:] for column in frame.columns if column.startswith("Δ ")]
    for i, (task, style) in enumerate(task_style(tasks).items()):
        marker = {"size": 11, "color": style["color"], "symbol": SYMBOLS[i % len(SYMBOLS)]}
        figure.add_trace(
            go.Scatter(x=frame[f"Δ {task}"], y=[row + 0.22 for row in rows], mode="markers", marker=marker, name=task)
        )
    known = frame["low"].notna()
    figure.add_trace(
        go.Scatter(
            x=frame["delta_m"],
            y=rows,
            mode="markers+text",
            text=[f"Δm {value:+.1f} %" for value in frame["delta_m"]],
            textposition="top center",
            marker={"size": 14, "color": INK, "symbol": ["circle" if k else "circle-open" for k in known]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (frame["high"] - frame["delta_m"]).where(known),
                "arrayminus": (frame["delta_m"] - frame["low"]).where(known),
                "thickness": 3,
                "width": 8,
                "color": INK,
            },
            name="Δm, 95 % interval",
        )
    )
    figure.add_vline(x=0, line={"color": INK, "width": 2, "dash": "dash"})
    figure.update_xaxes(title="change in % (right: better)")
    figure.update_yaxes(tickvals=rows, ticktext=methods, range=[len(frame) - 0.4, -0.7])
    subtitle = "dashed: single-task models; open circle: one seed, no interval"
    styled(figure, f"{title}<br><sup>{subtitle}</sup>", height=190 + 85 * len(frame))
    figure.update_layout(hovermode="closest", margin={"l": 200})
    return figure
