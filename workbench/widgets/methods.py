"""What each method would do now: a section of the panel that costs nothing while it is closed."""

import threading
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from queue import Queue
from time import monotonic
from typing import Any

import anywidget
import traitlets

from workbench.component import WorkbenchError, component
from workbench.plots.style import DIVERGING
from workbench.runs.history import History
from workbench.runs.methods_now import THIS_RUN, gramian, methods_now
from workbench.widgets.scripts import script

__all__ = ["MethodsNow", "MethodsView", "table"]

#: seconds between two tables, at least, and so many times what the last one took
PAUSE, PATIENCE = 1.0, 20.0
#: colours end at this part of the way to full, so that dark numbers stay readable on them
STRENGTH = 0.8
FAILED = "A method failed on these gradients; the sentence above the curves says how."


class MethodsView(anywidget.AnyWidget):
    """The section: a table of task shares per method, by what the methods need."""

    _esm = script("methods.js")
    _css = Path(__file__).parent / "methods.css"
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: see ``table``
    table = traitlets.Dict().tag(sync=True)
    #: a sentence instead of the table
    note = traitlets.Unicode().tag(sync=True)
    #: the weighting of the run
    method = traitlets.Unicode().tag(sync=True)
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


class MethodsNow:
    """Keeps the section up to date while it is open, computing in a thread of its own.

    Args:
        soon: asks for another ``update``; called in any thread.
        fail: told of what nobody expected.

    Attributes:
        view: the widget.
    """

    def __init__(self, soon: Callable[[], object], fail: Callable[[BaseException], object]) -> None:
        self.view = MethodsView()
        self._soon, self._fail = soon, fail
        self._history: History | None = None
        self._known = -1  # number of Gramians behind the last table that was asked for
        self._busy = False
        self._found: Queue[tuple[History, dict[str, Any] | BaseException]] = Queue()
        self._not_before = 0.0
        self.view.observe(lambda _: self._soon(), "opened")

    def update(self, history: History | None, comes: bool) -> bool:
        """Show what was computed, and begin to compute what is new; called by the one thread that writes widgets.

        Args:
            history: of the run shown; None: there is none.
            comes: the run goes on and measures maps.

        Returns:
            Whether there will be more to show without anybody asking.
        """
        if history is not self._history:
            self._history, self._known = history, -1
            self._show({})
        while not self._found.empty():
            of, found = self._found.get()
            self._busy = False
            if of is history:
                self._show(found)
        if not self.view.opened or self._busy:
            return self._busy
        if history is None:
            self._show(WorkbenchError("Press Start: this table follows the gradients of the run."))
        elif not history.gramians and comes:
            self._show(WorkbenchError("No gradients were measured yet: they come with the next affinity map."))
        elif len(history.gramians) != self._known:
            if monotonic() >= self._not_before:
                self._known, self._busy = len(history.gramians), True
                threading.Thread(target=self._work, args=(history,), name="workbench methods", daemon=True).start()
            return True
        return False

    def _work(self, history: History) -> None:
        began = monotonic()
        try:
            found: dict[str, Any] | BaseException = table(history)
        except Exception as error:  # noqa: BLE001 (shown, and told if nobody expected it)
            found = error
        self._not_before = began + max(PAUSE, PATIENCE * (monotonic() - began))
        self._found.put((history, found))
        self._soon()

    def _show(self, found: dict[str, Any] | BaseException) -> None:
        if isinstance(found, WorkbenchError):
            self.view.table, self.view.note = {}, str(found)
        elif isinstance(found, BaseException):
            before, self.view.table, self.view.note = self.view.note, {}, FAILED
            if before != FAILED:
                self._fail(found)
        else:
            self.view.table, self.view.note = found, ""
