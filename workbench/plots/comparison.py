"""Methods against the single-task baseline."""

import pandas as pd
import plotly.graph_objects as go

from workbench.plots.figure import Figure, styled
from workbench.plots.style import COLORS, INK


def delta_m(frame: pd.DataFrame, title: str = "Δm against single-task models") -> Figure:
    """Mean relative change per method in %, with its interval; right of zero is better than single tasks.

    Args:
        frame: columns ``method``, ``delta_m``, ``low``, ``high``, ``seeds``.
    """
    figure = Figure()
    y = [
        f"{method}  ({n} seed{'s' if n != 1 else ''})"
        for method, n in zip(frame["method"], frame["seeds"], strict=True)
    ]
    known = frame["low"].notna()
    figure.add_trace(
        go.Scatter(
            x=frame["delta_m"],
            y=y,
            mode="markers+text",
            text=[f"{value:+.1f} %" for value in frame["delta_m"]],
            textposition="top center",
            marker={"size": 13, "color": COLORS[0], "symbol": ["circle" if k else "circle-open" for k in known]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (frame["high"] - frame["delta_m"]).where(known),
                "arrayminus": (frame["delta_m"] - frame["low"]).where(known),
                "thickness": 3,
                "width": 8,
                "color": COLORS[0],
            },
            name="Δm, 95 % interval",
            showlegend=False,
        )
    )
    figure.add_vline(x=0, line={"color": INK, "width": 2, "dash": "dash"})
    figure.update_xaxes(title="Δm in % (right: better)")
    figure.update_yaxes(range=[len(frame) - 0.4, -0.8])
    styled(
        figure,
        f"{title}<br><sup>dashed: single-task models; open circles: one seed, no interval</sup>",
        height=190 + 75 * len(frame),
    )
    figure.update_layout(hovermode="closest", margin={"l": 200})
    return figure
