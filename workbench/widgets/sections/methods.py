"""What each method would do now: a section of the panel that costs nothing while it is closed."""

from math import isfinite
from typing import Any

import anywidget
import traitlets

from workbench.component import WorkbenchError, component
from workbench.plots.style import DIVERGING
from workbench.runs.history import History
from workbench.runs.methods_now import THIS_RUN, gramian, methods_now
from workbench.training.loop import map_every
from workbench.widgets.scripts import script, style
from workbench.widgets.sections.section import Section

__all__ = ["MethodsNow", "MethodsView", "table"]

#: colours end at this part of the way to full, so that dark numbers stay readable on them
STRENGTH = 0.8


class MethodsView(anywidget.AnyWidget):
    """The section: a table of task shares per method, by what the methods need."""

    _esm = script("sections/unfold.js", "sections/methods.js")
    _css = style("sections/section.css", "sections/methods.css")
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: see ``table``; beside it ``method``, the weighting of the run
    table = traitlets.Dict().tag(sync=True)
    #: a sentence instead of the table
    note = traitlets.Unicode().tag(sync=True)
    palette = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        against, neutral, favour = (color for _, color in DIVERGING)
        colors = {"against": against, "neutral": neutral, "favour": favour, "strength": STRENGTH}
        super().__init__(palette=colors)


def table(history: History) -> dict[str, Any]:
    """The comparison of all methods on the last Gramian, as the browser gets it.

    Returns:
        ``step``, ``tasks``, and ``groups`` of rows by what methods need, headed in words; the first has no heading and
        holds what the run did. A row: ``name``, ``core``, ``idea``, ``share`` per task, ``hurt`` (positions of the
        tasks that the update goes against).

    Raises:
        WorkbenchError: no Gramian was recorded, and why.
    """
    at, frame = gramian(history), methods_now(history)
    tasks = frame["task"].unique().tolist()
    firsts = slice(None, None, len(tasks))
    names, conflicts = frame["method"].tolist()[firsts], frame["conflicts"].tolist()[firsts]
    shares, cosines = (frame[column].to_numpy().reshape(-1, len(tasks)) for column in ("share", "cosine"))
    groups: dict[str, list[dict[str, Any]]] = {}
    for i, name in enumerate(names):
        cls = None if name == THIS_RUN else component("weighting", name)
        row = {
            "name": name,
            "core": cls is None or "core" in cls.tags,
            "idea": "the weights that this run applied" if cls is None else cls.summary(),
            "share": [round(share, 3) if isfinite(share) else None for share in shares[i].tolist()],
            "hurt": cosines[i].argsort()[: conflicts[i]].tolist(),
        }
        groups.setdefault("" if cls is None else cls.heading(), []).append(row)
    headed = [{"heading": heading, "rows": rows} for heading, rows in groups.items()]
    return {"step": at.step, "tasks": tasks, "groups": headed}


class MethodsNow(Section):
    """What each method would do now, from the last Gramian of the run."""

    name, View = "methods_now", MethodsView

    def source(self, session: Any) -> int:
        if session is None:
            raise WorkbenchError("Press Start: this table follows the gradients of the run.")
        if not session.history.gramians and session.alive and map_every(session.exp):
            raise WorkbenchError("No gradients were measured yet: they come with the next affinity map.")
        return len(session.history.gramians)

    def compute(self, session: Any) -> dict[str, Any]:
        return {"method": session.spec.chosen("weighting")[0], **table(session.history)}

    def show(self, found: dict[str, Any] | None) -> None:
        self.view.table = found or {}
