"""Maps of tasks against tasks."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import floor, log10

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.plots.figure import Figure, styled
from workbench.plots.style import INK, NOTHING, SIGNED

#: most tasks with a number in every cell
NUMBERED = 12
#: from none to all, of what is bad
SHARE = [[0.0, "#FFFFFF"], [1.0, "#E18A47"]]
#: pixels of a cell in a map of its own
CELL = 84


def heatmap(
    matrix: np.ndarray,
    names: Sequence[str],
    title: str,
    spread: np.ndarray | None = None,
    limits: tuple[float, float] | None = None,
    clear: np.ndarray | None = None,
    note: str = "",
) -> Figure:
    """An affinity map: rows "train on", columns "helps", colours centred at 0, numbers in the cells.

    The diagonal, a task and itself, is left grey. Small numbers are written in thousandths and the like, as the title
    then says. Numbers that cannot be told from 0 are in brackets.

    Args:
        matrix: ``[K, K]``.
        names: of the tasks.
        title: of the figure.
        spread: written under each number with ±, ``[K, K]``.
        limits: of the colours; the same for all maps that are to be compared; None: as far as the values go.
        clear: which entries are more than noise, ``bool[K, K]``; the others are in brackets.
        note: under the title.
    """
    matrix = np.asarray(matrix, dtype=float)
    low, high = limits or colours(matrix)
    unit = 0 if limits else exponent(matrix)
    figure = Figure(_map(matrix, names, (low, high), unit, spread, clear, len(names) <= NUMBERED))
    _axes(figure, names)
    styled(figure, _title(title, unit, note), height=_height(names))
    figure.update_layout(hovermode="closest", width=max(480, 260 + CELL * len(names)), plot_bgcolor=NOTHING)
    return figure


def heatmap_over_time(
    maps: np.ndarray,
    steps: Sequence[int],
    names: Sequence[str],
    title: str,
    limits: tuple[float, float] | None = None,
    frames: int = 60,
) -> Figure:
    """An affinity map for each step, with a slider; the colours mean the same at every step.

    Args:
        maps: ``[steps, K, K]``.
        steps: their numbers.
        names: of the tasks.
        title: of the figure.
        limits: of the colours; None: as far as most values go (the 98th percentile of their sizes).
        frames: at most so many maps, evenly chosen, each the mean of those around it.
    """
    maps, at = thinned(np.asarray(maps, dtype=float), list(steps), frames)
    low, high = limits or colours(maps)
    unit = 0 if limits else exponent(maps)
    shown = len(names) <= NUMBERED
    traces = [_map(matrix, names, (low, high), unit, None, None, shown) for matrix in maps]
    figure = Figure(traces[-1], frames=[go.Frame(data=[t], name=str(s)) for t, s in zip(traces, at, strict=True)])
    _axes(figure, names)
    styled(figure, _title(title, unit), height=_height(names) + 90)
    instant = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    figure.update_layout(
        hovermode="closest",
        width=max(520, 260 + CELL * len(names)),
        plot_bgcolor=NOTHING,
        sliders=[
            {
                "active": len(at) - 1,
                "currentvalue": {"prefix": "step "},
                "pad": {"t": 55},
                "steps": [{"method": "animate", "label": str(s), "args": [[str(s)], instant]} for s in at],
            }
        ],
    )
    return figure


def heatmaps(
    matrices: Mapping[str, np.ndarray],
    names: Sequence[str],
    title: str,
    limits: tuple[float, float] | None = None,
    columns: int = 3,
) -> Figure:
    """Several maps of the same tasks beside each other, with the same colours: one per layer, say.

    Args:
        matrices: what each shows -> ``[K, K]``.
        names: of the tasks.
        title: of the figure.
        limits: of the colours; None: as far as the values go.
        columns: maps in a row.
    """
    together = np.stack(list(matrices.values()))
    low, high = limits or colours(together)
    unit = 0 if limits else exponent(together)
    across = min(columns, len(matrices))
    down = -(-len(matrices) // across)
    side = max(190, 44 * len(names))
    figure = Figure(
        make_subplots(
            rows=down,
            cols=across,
            subplot_titles=list(matrices),
            shared_yaxes=True,
            horizontal_spacing=0.06,
            vertical_spacing=min(0.32, 105 / (down * (side + 105))) if down > 1 else 0,
        )
    )
    for place, matrix in enumerate(matrices.values()):
        numbered = len(names) <= 6
        trace = _map(np.asarray(matrix, float), names, (low, high), unit, None, None, numbered)
        trace.showscale = place == 0
        trace.textfont.size = 12
        figure.add_trace(trace, row=place // across + 1, col=place % across + 1)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_xaxes(showgrid=False, tickangle=-35, type="category")
    figure.update_yaxes(title="train on", col=1)
    styled(figure, _title(title, unit, "columns: helps"), height=down * (side + 105) + 130)
    figure.update_layout(hovermode="closest", width=150 + across * (side + 70), plot_bgcolor=NOTHING)
    figure.update_layout(margin={"t": 105})
    return figure


def colours(values: np.ndarray) -> tuple[float, float]:
    """How far colours go on both sides of 0: as far as most values, diagonals left out."""
    top = reach(values[..., ~np.eye(values.shape[-1], dtype=bool)])
    return -top, top


def reach(values: np.ndarray) -> float:
    """How far most values go from 0: the 98th percentile of their sizes; 1 where there is nothing but 0."""
    sizes = np.abs(values[np.isfinite(values)])
    return (float(np.percentile(sizes, 98)) if sizes.size else 0.0) or 1.0


def exponent(values: np.ndarray) -> int:
    """The power of ten in which the numbers of a map are written, see ``power``."""
    return power(colours(np.asarray(values, dtype=float))[1])


def power(top: float) -> int:
    """The power of ten for numbers as large as this: 0, −3, −6, …, so that it is about a tenth of it or more."""
    return 0 if top >= 0.05 else 3 * floor((log10(top) + 1) / 3)


def _height(names: Sequence[str]) -> int:
    return max(380, 175 + CELL * 3 // 4 * len(names))


def thinned(maps: np.ndarray, steps: list[int], most: int) -> tuple[np.ndarray, list[int]]:
    """At most so many maps: means of neighbouring ones, at the step of the last of each."""
    if len(steps) <= most:
        return maps, steps
    edges = np.linspace(0, len(steps), most + 1).astype(int)
    with np.errstate(invalid="ignore"):
        means = [np.nanmean(maps[a:b], axis=0) for a, b in pairwise(edges)]
    return np.stack(means), [steps[b - 1] for b in edges[1:]]


def _title(title: str, unit: int, note: str = "") -> str:
    """The title, with the unit of the numbers where that is not 1, and a note in small letters below."""
    power = str(unit).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return title + (f", in units of 10{power}" if unit else "") + (f"<br><sup>{note}</sup>" if note else "")


def _axes(figure: Figure, names: Sequence[str]) -> None:
    figure.update_yaxes(autorange="reversed", title="train on", showgrid=False, type="category")
    figure.update_xaxes(title="helps", side="bottom", showgrid=False, type="category")


def _map(
    matrix: np.ndarray,
    names: Sequence[str],
    limits: tuple[float, float],
    unit: int,
    spread: np.ndarray | None,
    clear: np.ndarray | None,
    numbered: bool,
) -> go.Heatmap:
    """The cells of one map, in units of a power of ten."""
    K, scale = len(names), 10.0**-unit
    values = np.where(~np.eye(K, dtype=bool), matrix * scale, np.nan)

    def cell(i: int, j: int) -> str:
        if np.isnan(values[i, j]):
            return ""
        text = _number(values[i, j])
        if clear is not None:
            text = f"<b>{text}</b>" if clear[i][j] else f"({text})"
        if spread is not None and np.isfinite(spread[i][j]):
            text += f"<br><span style='font-size:12px'>± {_number(spread[i][j] * scale)}</span>"
        return text

    return go.Heatmap(
        z=values,
        x=list(names),
        y=list(names),
        text=[[cell(i, j) for j in range(K)] for i in range(K)] if numbered else None,
        texttemplate="%{text}" if numbered else None,
        textfont={"size": 15, "color": INK},
        zmin=limits[0] * scale,
        zmax=limits[1] * scale,
        colorscale=SIGNED if limits[0] < 0 else SHARE,
        colorbar={"title": ""},
        customdata=matrix,
        hovertemplate="train on %{y}, helps %{x}: %{customdata:.3g}<extra></extra>",
        xgap=2,
        ygap=2,
    )


def _number(value: float) -> str:
    text = f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"
    return text.replace("-0.00", "0.00").replace("-", "−")
