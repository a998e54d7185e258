"""What one gains on one figure and loses on another: runs as points, and those that no other run beats in both."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.plots.style import FONT, GRID, INK
from workbench.runs.rows import Row
from workbench.widgets.scripts import script
from workbench.widgets.sections.runs_table import short

__all__ = ["ParetoView", "scatter"]

#: figures of a whole run: key, title, whether higher is better
WHOLE = (
    ("delta_m", "Δm in %", True),
    ("seconds", "seconds", False),
    ("ms_per_step", "ms per step", False),
    ("parameters", "parameters", False),
)


class ParetoView(anywidget.AnyWidget):
    """A scatter of runs with a drop-down for either axis."""

    _esm = script("canvas/surface.js", "sections/pareto.js")
    _css = Path(__file__).parent / "pareto.css"
    #: see ``scatter``
    found = traitlets.Dict().tag(sync=True)
    #: keys of the axes; "": the first one, and the second one
    x = traitlets.Unicode().tag(sync=True)
    y = traitlets.Unicode().tag(sync=True)
    #: run -> its colour in the overlay
    styles = traitlets.Dict().tag(sync=True)
    palette = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(palette={"ink": INK, "grid": GRID, "font": FONT})


def scatter(rows: Sequence[Row], names: Sequence[str], methods: Sequence[str]) -> dict[str, Any]:
    """Every finished run as a point, in all figures there are.

    Args:
        rows: the runs.
        names: what each is called.
        methods: what each does; equal ones get the same marker.

    Returns:
        ``axes``: ``key``, ``title`` and ``higher`` (whether higher is better) of every figure, and ``points``:
        ``run``, ``label``, ``method`` and ``values`` (by key) of every run.
    """
    axes: dict[str, dict[str, Any]] = {}
    points = []
    for row, name, method in zip(rows, names, methods, strict=True):
        values: dict[str, float | None] = {}
        for task, fact in row.summary.get("tasks", {}).items():
            for split, word in (("test", "test"), ("val", "validation")):
                key = f"{split}/{task}/{fact['metric']}"
                title = f"{task} {fact['metric']}, {word}"
                axes.setdefault(key, {"key": key, "title": title, "higher": fact["higher_is_better"]})
                values[key] = short(fact[split])
        if not values:
            continue
        whole = {**row.summary, "delta_m": row.delta_m, "ms_per_step": row.ms_per_step}
        values |= {key: short(whole[key]) for key, _, _ in WHOLE}
        known = {key: value for key, value in values.items() if value is not None}
        points.append({"run": row.path.name, "label": name, "method": method, "values": known})
    if not points:
        return {}
    ordered = sorted(axes.values(), key=lambda axis: axis["key"].startswith("val/"))
    ordered += [{"key": key, "title": title, "higher": higher} for key, title, higher in WHOLE]
    return {"axes": ordered, "points": points}
