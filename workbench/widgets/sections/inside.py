"""What goes on inside: gates, mixing coefficients and attention of the fusion, and where a task that writes looks."""

import json
from collections.abc import Hashable, Sequence
from math import isfinite
from typing import Any

import anywidget
import torch
import traitlets

from workbench.component import WorkbenchError
from workbench.plots.gates import RISING
from workbench.plots.style import SIGNED
from workbench.runs.peek import Peek
from workbench.training.records import Inspection
from workbench.widgets.scripts import script, style
from workbench.widgets.sections.section import Section

__all__ = ["Inside", "InsideView", "tables", "written"]

#: fusions that show something of themselves
TELLING = ("mmoe", "ple", "cross_stitch", "mtan", "attention", "gated")
#: most validations and bytes of all their tables; most rows and columns of one
STEPS, BYTES, CELLS = 64, 60_000, 40
#: sentences whose attention is shown
SENTENCES = 2


class InsideView(anywidget.AnyWidget):
    """The section: heat maps with names and numbers, and a slider over the validations."""

    _esm = script("sections/unfold.js", "sections/inside.js")
    _css = style("sections/section.css", "sections/inside.css")
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: a sentence instead of the tables
    note = traitlets.Unicode().tag(sync=True)
    #: see ``tables``
    tables = traitlets.Dict().tag(sync=True)
    #: see ``written``; and the ``step`` it belongs to
    attention = traitlets.Dict().tag(sync=True)
    palette = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(palette={"rising": [c for _, c in RISING], "signed": [c for _, c in SIGNED]})


def tables(inspections: Sequence[Inspection]) -> dict[str, Any]:
    """What the fusion showed, thinned to what can be sent; the first and the last validation stay.

    Returns:
        ``steps``; and ``tables``: ``name``, ``rows``, ``columns``, ``cut`` (whether some are left out), ``limit`` (the
        largest size of a value), ``signed``, and ``values``: per step the numbers row after row, None where there is
        none, or None where the table was not shown.
    """
    steps = sorted({found.step for found in inspections})
    steps = [*steps[: -1 : max(1, len(steps) // STEPS)], *steps[-1:]]
    known = {(found.name, found.step): found for found in inspections}
    while True:
        told = [_table(name, steps, known) for name in dict.fromkeys(each.name for each in inspections)]
        if len(steps) <= 2 or len(json.dumps(told)) <= BYTES:
            return {"steps": steps, "tables": told} if told else {}
        steps = [*steps[:-1:2], steps[-1]]


def _table(name: str, steps: Sequence[int], known: dict[tuple[str, int], Inspection]) -> dict[str, Any]:
    shown = [known.get((name, step)) for step in steps]
    last = next(each for each in reversed(list(known.values())) if each.name == name)
    values = [
        None if each is None else [_number(x) for row in each.values[:CELLS] for x in row[:CELLS]] for each in shown
    ]
    numbers = [x for row in values for x in row or () if x is not None]
    return {
        "name": name,
        "rows": list(last.rows[:CELLS]),
        "columns": list(last.columns[:CELLS]),
        "cut": max(len(last.rows), len(last.columns)) > CELLS,
        "signed": min(numbers, default=0.0) < 0,
        "limit": max(map(abs, numbers), default=0.0) or 1.0,
        "values": values,
    }


def _number(value: float) -> float | None:
    return round(value, 3) if isfinite(value) else None


def writers(peek: Peek) -> list[Any]:
    """The tasks of a run that write texts and tell where they look."""
    return [task for task in peek.data.tasks if hasattr(task, "attention")] if peek.data.words else []


@torch.no_grad()
def written(peek: Peek) -> dict[str, Any]:
    """Where the tasks that write look, for the first validation texts; called between two steps.

    Returns:
        ``step``; and ``texts``: ``task``, ``rows`` (words written), ``columns`` (words read) and ``values``, the
        attention row after row; rows have sum 1. Empty where no task writes.
    """
    tasks = writers(peek)
    if not tasks:
        return {}
    data = peek.data
    view = next(iter(data.words))
    rows = data.splits["val"][:SENTENCES]
    views, _ = data.batch(rows.to(data.views[view].device))
    found = peek.outputs(views)
    texts = []
    for task in tasks:
        for row, (words, weights) in zip(rows.tolist(), task.attention(found[task.name]), strict=True):
            read = data.words[view][row][: min(CELLS, weights.shape[1])]
            values = [round(x, 2) for line in weights[:CELLS, : len(read)].tolist() for x in line]
            texts.append({"task": task.name, "rows": words[:CELLS], "columns": read, "values": values})
    return {"step": peek.step, "texts": texts}


class Inside(Section):
    """Gates, mixing coefficients and attention, at every validation."""

    name, View = "inside", InsideView

    def __init__(self, host: Any) -> None:
        super().__init__(host)
        self._writes: tuple[Any, bool] = (None, True)

    def source(self, session: Any) -> Hashable:
        if session is None:
            raise WorkbenchError("Press Start: here is what the fusion shows of itself at each validation.")
        looks = self._writes[0] is not session or self._writes[1]
        return len(session.history.inspections), session.alive, session.step_number if looks else 0

    def compute(self, session: Any) -> dict[str, Any]:
        told = tables(list(session.history.inspections))
        attention: dict[str, Any] = {}
        if self._writes[0] is not session or self._writes[1]:
            self._writes = (session, bool(self.peek(session, writers)))
            attention = self.peek(session, written) if self._writes[1] else {}
        if not told and not attention:
            fusion = session.spec.chosen("fusion")[0]
            raise WorkbenchError(
                f"Fusion {fusion!r} shows nothing of itself; these do: {', '.join(TELLING)}. In problem summaries one "
                "sees at which words the writer looks."
            )
        return {"tables": told, "attention": attention}

    def show(self, found: dict[str, Any] | None) -> None:
        with self.view.hold_sync():
            for name in ("tables", "attention"):
                setattr(self.view, name, (found or {}).get(name, {}))
