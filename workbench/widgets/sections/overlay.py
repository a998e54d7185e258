"""The curves of several runs, one small plot per task, on the live canvas."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.plots.style import task_style
from workbench.runs.rows import Row
from workbench.runs.run import Run
from workbench.runs.session import in_progress
from workbench.widgets.canvas.canvas import FEWEST_POINTS, Block, Canvas
from workbench.widgets.canvas.decimate import decimate

__all__ = ["QUANTITIES", "Overlay", "Picture", "Shown"]

#: what may be shown -> split, quantity ("": the conventional metric of each task), and how its plots look
QUANTITIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "validation loss": ("val", "loss", {"log": True}),
    "training loss": ("train", "loss", {"log": True, "smooth": True}),
    "validation metric": ("val", "", {}),
    "task weight": ("train", "weight", {"zero": True}),
    "share in the shared update": ("train", "share", {"zero": True}),
}
#: points of all runs together in one plot: more are drawn too slowly
MOST = 20_000
Points = tuple[NDArray, NDArray]


@dataclass
class Shown:
    """One run of the overlay.

    Attributes:
        name: in the legend.
        quantities: task -> what of it is shown.
        points: task -> steps and values.
        session: what trains it in this process, while it does.
        count: task -> how many of its points were drawn.
    """

    name: str
    quantities: Mapping[str, str]
    points: Mapping[str, Points]
    session: Any = None
    count: dict[str, int] = field(default_factory=dict)


@dataclass
class Picture:
    """What the overlay shows: ready to be sent.

    Attributes:
        quantity: a key of ``QUANTITIES``.
        runs: in the order in which they were chosen.
        key: equal keys are equal pictures, apart from what runs in progress add.
    """

    quantity: str
    runs: list[Shown] = field(default_factory=list)
    key: Any = None


class Overlay:
    """Draws any number of runs on one canvas; runs in progress grow.

    Attributes:
        canvas: the widget; None until there is something to draw.
    """

    def __init__(self) -> None:
        self.canvas: Canvas | None = None
        self._read: dict[tuple[str, str], Shown] = {}
        self._picture = Picture("")

    def picture(self, rows: Sequence[Row], names: Sequence[str], quantity: str) -> Picture:
        """Read what is not known yet. Called in a thread of its own.

        Args:
            rows: the runs.
            names: their names in the legend.
            quantity: a key of ``QUANTITIES``.
        """
        known, self._read = self._read, {}
        found = Picture(quantity)
        for row, name in zip(rows, names, strict=True):
            at = (row.path.name, quantity)
            shown = replace(known.get(at) or _shown(row, quantity), name=name)
            if row.over:
                self._read[at] = shown
            found.runs.append(shown)
        paths = [row.path for row in rows]
        each = zip(paths, found.runs, strict=True)
        found.key = quantity, [(path, run.name, run.session, run.quantities) for path, run in each]
        return found

    def show(self, picture: Picture) -> None:
        """Draw a picture with one message per run; of the same runs as before only what is new."""
        if picture.key == self._picture.key:
            self._extend(picture)
            return
        if not (picture.runs or self.canvas):
            return
        self._picture = picture
        if self.canvas is None:
            self.canvas = Canvas(maps=False)
            self.canvas.add_class("wbr-curves")
        self.canvas.busy = False
        names = [run.name for run in picture.runs]
        self.canvas.reset(names, task_style(names), name="runs", plots=_plots(picture))
        for run in picture.runs:
            self._append(self.canvas, run, run.points, MOST // len(picture.runs))
        self.canvas.keep()

    def follow(self) -> None:
        """Draw what runs in progress have recorded since."""
        for run in self._picture.runs:
            if run.session is not None and self.canvas is not None:
                split = QUANTITIES[self._picture.quantity][0]
                history = run.session.history
                self.canvas.busy = run.session.status == "running"
                new = {
                    task: _growing(history, split, task, quantity, run.count.get(task, 0))
                    for task, quantity in run.quantities.items()
                }
                self._append(self.canvas, run, new)

    def _extend(self, picture: Picture) -> None:
        """Add what runs of other processes have recorded since; those of this one are followed at every refresh."""
        for drawn, now in zip(self._picture.runs, picture.runs, strict=True):
            if drawn.session is None and self.canvas is not None:
                starts = {task: drawn.count.get(task, 0) for task in now.points}
                self._append(
                    self.canvas,
                    drawn,
                    {
                        task: (steps[starts[task] :], values[starts[task] :])
                        for task, (steps, values) in now.points.items()
                    },
                )

    def _append(self, canvas: Canvas, run: Shown, points: Mapping[str, Points], most: int = MOST) -> None:
        split = QUANTITIES[self._picture.quantity][0]
        blocks = []
        for task, (steps, values) in points.items():
            run.count[task] = run.count.get(task, 0) + len(steps)
            known = np.isfinite(values)
            blocks.append(
                Block(task, run.name, split, *decimate(steps[known], values[known], max(most, FEWEST_POINTS)))
            )
        canvas.append(*blocks)

    def close(self) -> None:
        """Take the widget away."""
        if self.canvas is not None:
            self.canvas.close()


def _plots(picture: Picture) -> list[dict[str, Any]]:
    """One plot per task, in the order in which the runs have them."""
    _, wanted, look = QUANTITIES[picture.quantity]
    said: dict[str, list[str]] = {}
    for run in picture.runs:
        for task in run.quantities:
            words = said.setdefault(task, [])
            name = picture.quantity if wanted else run.quantities[task]
            if name not in words:
                words.append(name)
    return [{"group": task, "title": task, "note": " · ".join(words), **look} for task, words in said.items()]


def _shown(row: Row, quantity: str) -> Shown:
    """What there is of one quantity of one run; its name is not known here."""
    split, wanted, _ = QUANTITIES[quantity]
    session = in_progress(row.path)
    if session is not None:
        quantities = {task: wanted or session.metrics[task] for task in session.tasks}
        points = {task: _growing(session.history, split, task, name) for task, name in quantities.items()}
        return Shown("", quantities, points, session)
    run = Run(row.path)
    if not row.over:
        first = _first(run.records.curves)
        quantities = {task: wanted or first.get(task, "") for task in run.tasks}
        return Shown("", quantities, {task: _growing(run.records, split, task, quantities[task]) for task in run.tasks})
    quantities = {task: wanted or fact["metric"] for task, fact in row.summary["tasks"].items()}
    frame = run.history
    parts = dict(iter(frame[frame["split"] == split].groupby(["task", "quantity"])[["step", "value"]]))
    found = {task: parts[task, name] for task, name in quantities.items() if (task, name) in parts}
    return Shown(
        "", quantities, {task: (part["step"].to_numpy(), part["value"].to_numpy()) for task, part in found.items()}
    )


def _growing(history: Any, split: str, task: str, quantity: str, start: int = 0) -> Points:
    """The points of a growing curve from a place on."""
    curve = history.curves.get((split, task, quantity))
    if curve is None:
        return np.empty(0, dtype=np.int64), np.empty(0)
    end = min(len(curve.steps), len(curve.values))
    # slices are copies: a view would forbid the training thread to grow its arrays
    return np.array(curve.steps[start:end], dtype=np.int64), np.array(curve.values[start:end], dtype=np.float64)


def _first(curves: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Task -> the metric recorded first on validation."""
    found: dict[str, str] = {}
    for split, task, quantity in curves:
        if split == "val" and quantity != "loss":
            found.setdefault(task, quantity)
    return found
