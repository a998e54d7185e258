"""One look for every picture: a colour and a line style per task, the same on canvas and in plotly."""

from collections.abc import Sequence
from typing import TypedDict

#: Okabe and Ito's colour-blind safe palette, the pale yellow left out (it cannot be read when projected)
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
#: plotly's names of the line styles, in the order tasks get them
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]
#: the same line styles as canvas dash arrays, in pixels
DASH_PIXELS = {
    "solid": [],
    "dash": [9, 5],
    "dot": [2, 4],
    "dashdot": [9, 4, 2, 4],
    "longdash": [16, 6],
    "longdashdot": [16, 5, 2, 5],
}
#: diverging colours of a map centred at 0: against, neutral, for
DIVERGING = [[0.0, "#D55E00"], [0.5, "#FFFFFF"], [1.0, "#0072B2"]]
#: the same for maps with numbers in their cells: light enough for dark ones
SIGNED = [[0.0, "#E18A47"], [0.5, "#FFFFFF"], [1.0, "#4A9DCB"]]
#: behind cells that say nothing: a task and itself, a pair that was not measured
NOTHING = "#EDEDED"
FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
INK, GRID = "#1A1A1A", "#D9D9D9"


class TaskStyle(TypedDict):
    """How a task is drawn."""

    color: str
    dash: str


def task_style(names: Sequence[str]) -> dict[str, TaskStyle]:
    """A colour and a line style per task, by position; the pair repeats only after 42 tasks."""
    return {name: {"color": COLORS[i % len(COLORS)], "dash": DASHES[i % len(DASHES)]} for i, name in enumerate(names)}
