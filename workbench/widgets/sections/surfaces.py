"""What the model says over the plane: a picture per task, for problems with two input numbers."""

from collections.abc import Hashable
from math import isfinite
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from torch import Tensor

from workbench.component import WorkbenchError, component
from workbench.plots.style import COLORS, DIVERGING
from workbench.problems.base import Data
from workbench.runs.peek import Peek
from workbench.tasks.base import Task
from workbench.widgets.scripts import script, style
from workbench.widgets.sections.section import Section

__all__ = ["Surfaces", "SurfacesView", "painted", "plane"]

#: fields of the grid a side, at most; and most bytes of all pictures together
SIDE, BYTES = 64, 48_000
#: most training points that are shown
POINTS = 300
#: of a label that is missing
MISSING = 255
#: how far the pictures reach beyond the points, in parts of their width
MARGIN = 0.05
KINDS = ("classification", "regression")
WRONG = (
    "There is a picture of what the model says where an example is two numbers: the problem plane, or a table with two "
    "columns of numbers as inputs."
)


class SurfacesView(anywidget.AnyWidget):
    """The section: a small picture of the plane per task."""

    _esm = script("sections/unfold.js", "sections/surfaces.js")
    _css = style("sections/section.css", "sections/surfaces.css")
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: a sentence instead of the pictures
    note = traitlets.Unicode().tag(sync=True)
    #: what stays the same during a run, see ``plane``
    plane = traitlets.Dict().tag(sync=True)
    #: training points: a byte each for x, for y, and for the label of each task, point after point
    points = traitlets.Bytes().tag(sync=True)
    #: ``step``, ``selected``, and ``told``: task -> its metric at the last validation
    shown = traitlets.Dict().tag(sync=True)
    #: the pictures, see ``painted``
    pictures = traitlets.Bytes().tag(sync=True)


def plane(data: Data) -> tuple[dict[str, Any], bytes]:
    """What stays the same during a run: the part of the plane that is shown, the tasks, some training points.

    Returns:
        ``side`` (fields of the grid), ``x`` and ``y`` (ends), ``axes`` (their names) and ``tasks``: name, kind,
        ``classes`` with their ``colors``; or of a regression ``low``, ``middle``, ``high`` and their ``colors``;
        and the points as the browser reads them.

    Raises:
        WorkbenchError: an example is something else than two numbers, or no task can be drawn.
    """
    (view, *others) = data.view_specs
    if others or view.kind != "vector" or view.shape != (2,):
        raise WorkbenchError(WRONG)
    tasks = drawable(data)
    if not tasks:
        raise WorkbenchError("No task of this run is a classification or a regression of one number.")
    rows = data.splits["train"]
    known = data.views[view.name].cpu()[rows].double()
    middle, half = (known.amax(0) + known.amin(0)) / 2, float((known.amax(0) - known.amin(0)).max()) / 2
    reach = half * (1 + 2 * MARGIN) or 1.0
    ends = [[float(m) - reach, float(m) + reach] for m in middle]
    some = rows[:: max(1, len(rows) // POINTS)][:POINTS]
    columns = [_bytes(data.views[view.name].cpu()[some, axis].double(), *ends[axis]) for axis in (0, 1)]
    told = []
    for task in tasks:
        target = data.targets[task.name].cpu()
        entry, labels = _legend(task, target[rows], target[some])
        told.append(entry)
        columns.append(labels)
    planes = sum(2 if len(entry.get("classes", ())) > 2 else 1 for entry in told)
    side = min(SIDE, int((BYTES / planes) ** 0.5))
    axes = getattr(data.fitted.get(view.name), "ways", None) or ("x", "y")
    return (
        {"side": side, "x": ends[0], "y": ends[1], "axes": list(axes), "tasks": told},
        np.stack(columns, axis=1).tobytes(),
    )


def drawable(data: Data) -> list[Task]:
    """The tasks that give one class or one number."""
    return [task for task in data.tasks if task.kind in KINDS and data.targets[task.name].dim() == 1]


def _legend(task: Any, known: Tensor, some: Tensor) -> tuple[dict[str, Any], np.ndarray]:
    """How a task is drawn, and the labels of some points as bytes."""
    entry: dict[str, Any] = {"name": task.name, "kind": task.kind, "metric": task.metric}
    colors = [color for _, color in DIVERGING]
    if task.kind == "classification":
        count = len(task.classes)
        colors = [colors[0], colors[2]] if count == 2 else [COLORS[i % len(COLORS)] for i in range(count)]
        labels = torch.where(task.present(some), some, MISSING).clamp(max=MISSING)
        return entry | {"classes": task.classes, "colors": colors}, labels.numpy().astype(np.uint8)
    present = known[task.present(known)].double()
    low, high = (float(end) * task.std + task.mean for end in (present.min(), present.max()))
    values = some.double() * task.std + task.mean
    return entry | {"low": low, "high": high, "unit": task.unit, "colors": colors}, _bytes(values, low, high)


def _bytes(values: Tensor, low: float, high: float) -> np.ndarray:
    """Numbers between two ends as 0 … 254; 255: none."""
    part = ((values - low) / (high - low) if high > low else torch.zeros_like(values)).clamp(0, 1)
    return torch.where(torch.isnan(values), MISSING, (254 * part).round()).numpy().astype(np.uint8)


def grid(told: dict[str, Any]) -> Tensor:
    """The middles of the fields, row after row from the top, ``[side², 2]``."""
    middles = (torch.arange(told["side"], dtype=torch.float64) + 0.5) / told["side"]
    x, y = (low + (high - low) * middles for low, high in (told["x"], told["y"]))
    return torch.stack([x.repeat(len(y)), y.flip(0).repeat_interleave(len(x))], dim=1).float()


def painted(peek: Peek, told: dict[str, Any]) -> bytes:
    """What the model says at every field of the grid, task after task.

    A byte per field, 0 … 254: the probability of the second of two classes, or a number between ``low`` and ``high``;
    of more classes first a byte per field with the likeliest one, then a byte with its probability.
    """
    view = peek.data.view_specs[0].name
    found = peek.outputs({view: grid(told).to(peek.data.views[view].device)})
    parts = []
    for task, entry in zip(drawable(peek.data), told["tasks"], strict=True):
        output = found[task.name]
        if task.kind == "regression":
            parts.append(_bytes(task.predict(output).double().cpu(), entry["low"], entry["high"]))
            continue
        odds, likeliest = output.double().softmax(-1).cpu().max(-1)
        if len(entry["classes"]) == 2:
            parts.append(_bytes(torch.where(likeliest == 1, odds, 1 - odds), 0, 1))
        else:
            parts += [likeliest.clamp(max=254).numpy().astype(np.uint8), _bytes(odds, 0, 1)]
    return b"".join(part.tobytes() for part in parts)


class Surfaces(Section):
    """What the model says over the plane, as it learns."""

    name, View = "surfaces", SurfacesView

    def source(self, session: Any) -> Hashable:
        if session is None:
            raise WorkbenchError(
                "Press Start: here is what the model says over the plane, for a problem such as plane."
            )
        if component("problem", session.spec.chosen("problem")[0]).gives != ("vector",):  # type: ignore[attr-defined]
            raise WorkbenchError(WRONG)
        return session.step_number, session.alive

    def compute(self, session: Any) -> dict[str, Any]:
        def look(peek: Peek) -> dict[str, Any]:
            told, points = plane(peek.data)
            return {"step": peek.step, "plane": told, "points": points, "pictures": painted(peek, told)}

        found = self.peek(session, look)
        at = found["step"]
        last = {task: session.history.last("val", task, name, at) for task, name in session.metrics.items()}
        found["told"] = {task: round(value, 3) for task, value in last.items() if isfinite(value)}
        return found | {"selected": not session.alive}

    def show(self, found: dict[str, Any] | None) -> None:
        found = found or {"plane": {}, "points": b"", "pictures": b""}
        with self.view.hold_sync():
            for name in ("plane", "points", "pictures"):
                setattr(self.view, name, found[name])
            self.view.shown = {name: found[name] for name in ("step", "selected", "told") if name in found}
