"""The runs of the store: a table, their curves over each other, and what one gains and loses between them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from workbench.component import WorkbenchError
from workbench.plots.style import DASH_PIXELS, task_style
from workbench.runs.folder import RunFolder, store_folder
from workbench.runs.rows import Rows
from workbench.runs.run import Run
from workbench.runs.session import Session, in_progress
from workbench.spec import Spec
from workbench.widgets.scripts import script, style
from workbench.widgets.sections.overlay import QUANTITIES, Overlay, Picture
from workbench.widgets.sections.pareto import ParetoView, scatter
from workbench.widgets.sections.runs_table import alike, cells, methods, names, seeded
from workbench.widgets.sections.section import PATIENCE, PAUSE, Section

__all__ = ["Runs", "RunsTable", "RunsView"]

#: so many rows are sent, the newest ones
LARGEST = 200
EMPTY = "There are no runs yet: press Start."
OTHERS = "There are no runs of this problem with these tasks yet; tick “all problems” to see the others."


class RunsTable(anywidget.AnyWidget):
    """The table. What a person asks for comes as messages ``{"type": action, "run": folder, "text": …}``."""

    _esm = script("sections/unfold.js", "sections/runs.js")
    _css = style("sections/section.css", "sections/runs.css")
    #: whether a person has opened the section
    opened = traitlets.Bool(False).tag(sync=True)
    #: a sentence instead of the table
    note = traitlets.Unicode().tag(sync=True)
    #: why the last thing asked for was not done
    said = traitlets.Unicode().tag(sync=True)
    #: ``rows``, newest first, see ``runs_table.cells``; ``left_out``: how many older ones there are; ``faults``: what
    #: could not be read; ``empty``: why there is no row
    table = traitlets.Dict().tag(sync=True)
    #: run -> status and steps, of those in progress here
    now = traitlets.Dict().tag(sync=True)
    #: the run that the panel shows
    shown = traitlets.Unicode().tag(sync=True)
    #: the runs whose curves are drawn, in the order in which they were ticked
    overlaid = traitlets.List(traitlets.Unicode()).tag(sync=True)
    #: run -> colour and dashes of its curves
    styles = traitlets.Dict().tag(sync=True)
    #: whether runs of other problems and tasks are shown, too
    everything = traitlets.Bool(False).tag(sync=True)
    quantity = traitlets.Unicode(next(iter(QUANTITIES))).tag(sync=True)
    quantities = traitlets.List(traitlets.Unicode(), list(QUANTITIES)).tag(sync=True)


@dataclass
class Found:
    """What was read of the store."""

    table: dict[str, Any]
    points: dict[str, Any]
    styles: dict[str, Any]
    picture: Picture


class RunsView(widgets.VBox):
    """The section: the table, and below it the curves and the scatter, once there is something in them."""

    opened = traitlets.Bool(False)
    note = traitlets.Unicode()

    def __init__(self) -> None:
        self.head, self.overlay = RunsTable(), Overlay()
        self.pareto: ParetoView | None = None
        self.below = widgets.VBox()
        self.below.add_class("wbr-below")
        super().__init__([self.head, self.below])
        self.add_class("wbr-section")
        for trait in ("opened", "note"):
            traitlets.link((self.head, trait), (self, trait))

    def draw(self, found: Found) -> None:
        """Show what was read of the store."""
        self.head.table, self.head.styles = found.table, found.styles
        self.overlay.show(found.picture)
        if self.pareto is None and found.points:
            self.pareto = ParetoView()
        if self.pareto is not None:
            self.pareto.found, self.pareto.styles = found.points, found.styles
        parts = tuple(part for part in (self.overlay.canvas, self.pareto) if part is not None)
        if parts != self.below.children:
            self.below.children = parts

    def close(self) -> None:
        """Take all of it away."""
        for part in (self.head, self.overlay, self.pareto, self.below):
            if part is not None:
                part.close()
        super().close()


class Runs(Section):
    """The runs of the store. It reads a folder again only when something in it changed."""

    name, View = "runs", RunsView

    def __init__(self, host: Any) -> None:
        super().__init__(host)
        self.rows = Rows(store_folder())
        self._marks: Any = None
        self._look_again = 0.0
        self._said = ""
        head = self.view.head
        head.observe(self._chosen, ["overlaid", "everything", "quantity"])
        head.on_msg(self._asked)

    # ------------------------------------------------------------------ what is shown

    def update(self, session: Any) -> bool:
        """As for every section; another run shown above does not empty the table."""
        if session is not self._session:
            self._session, self._known = session, None
        more = super().update(session)
        head = self.view.head
        head.said = self._said
        if self.view.opened:
            head.shown = "" if session is None else session.path.name
            head.now = self._in_progress()
            self.view.overlay.follow()
            more |= self._elsewhere()
        return more

    def source(self, session: Any) -> Any:
        store = store_folder() if session is None else Path(session.path).parent
        if store != self.rows.store:
            self.rows, self._look_again = Rows(store), 0.0
        began = monotonic()
        if began >= self._look_again or session is None or not session.alive:
            self._marks = self.rows.marks()
            self._look_again = began + max(PAUSE, PATIENCE * (monotonic() - began))
        spec, tasks = self._here(session)
        head = self.view.head
        here = () if spec is None else (spec.share(), tuple(tasks or ()))
        return self._marks, head.everything, here, tuple(head.overlaid), head.quantity

    def compute(self, session: Any) -> Found:
        head = self.view.head
        spec, tasks = self._here(session)
        rows = self.rows.read()
        shown = [row for row in rows if head.everything or spec is None or alike(row, spec, tasks)]
        left_out, shown = max(0, len(shown) - LARGEST), shown[:LARGEST]
        kinds = methods(shown)
        said = seeded(shown, kinds)
        called = names(shown, said)
        place = {row.path.name: i for i, row in enumerate(shown)}
        ticked = [place[run] for run in head.overlaid if run in place]
        labels = [called[i] for i in ticked]
        table = {
            "rows": [cells(row, *words) for row, *words in zip(shown, said, called, strict=True)],
            "left_out": left_out,
            "faults": self.rows.faults,
            "empty": "" if shown else OTHERS if rows else EMPTY,
        }
        look = task_style(labels)
        styles = {
            shown[i].path.name: {"color": look[name]["color"], "dash": DASH_PIXELS[look[name]["dash"]]}
            for i, name in zip(ticked, labels, strict=True)
        }
        picture = self.view.overlay.picture([shown[i] for i in ticked], labels, head.quantity)
        return Found(table, scatter(shown, called, kinds), styles, picture)

    def show(self, found: Found | None) -> None:
        if found is None:
            self.view.head.table = {}
        else:
            self.view.draw(found)

    def _here(self, session: Any) -> tuple[Spec | None, list[str] | None]:
        """Problem and tasks shown: of the run, else what the controls show; None: they show no spec."""
        if session is not None:
            return session.spec, list(session.tasks)
        with suppress(WorkbenchError):
            return self.host.spec, self.host.spec.tasks
        return None, None

    def _elsewhere(self) -> bool:
        """Whether another process trains a run of the table (a sweep, say): it is looked at again."""
        rows = self.view.head.table.get("rows", ())
        return any(row["status"] == "running" and row["run"] not in self.view.head.now for row in rows)

    def _in_progress(self) -> dict[str, Any]:
        found = {}
        for row in self.view.head.table.get("rows", ()):
            session = None if row["over"] else in_progress(self.rows.store / row["run"])
            if session is not None:
                found[row["run"]] = {"status": session.status, "steps": session.step_number}
        return found

    # ------------------------------------------------------------------ what is asked for

    def _chosen(self, _: Any) -> None:
        self._said = ""
        self.again()

    def _asked(self, _: Any, content: Mapping[str, Any], buffers: Any) -> None:
        """Do what a person asked for, and tell the page whether it was done."""
        action, run, text = (str(content.get(key, "")) for key in ("type", "run", "text"))
        done = False
        try:
            self.do(action, run, text)
            self._said, done = "", True
        except WorkbenchError as error:
            self._said = str(error)
        except Exception as error:  # noqa: BLE001 (ipywidgets would drop it)
            self.host.fail(error)
        self.view.head.send({"type": "answer", "action": action, "run": run, "done": done})
        self.again()

    def do(self, action: str, run: str, text: str = "") -> None:
        """Do something to a run of the store.

        Args:
            action: ``rename``, ``note``, ``delete``, ``open`` or ``continue``; ``dismiss``: nothing.
            run: the name of its folder.
            text: the name or the note.

        Raises:
            WorkbenchError: it is not there any more, or why it cannot be done.
        """
        if action == "dismiss":
            return
        if Path(run).name != run:
            raise WorkbenchError(f"{run!r} is no run of this store.")
        found = Run(self.rows.store / run)
        if action == "rename":
            found.rename(text)
        elif action == "note":
            found.note(text)
        elif action == "delete":
            found.delete()
        elif action == "open":
            self.host.open(found)
        elif action == "continue":
            self._continue(found.folder)
        else:
            raise WorkbenchError(f"Nothing called {action!r} can be done to a run.")

    def _continue(self, folder: RunFolder) -> None:
        self.host.idle("continue another")
        if folder.summary() is not None:
            raise WorkbenchError(f"Run {folder.path.name!r} is over; there is nothing to continue.")
        self.host.attach(Session(folder.spec(), folder=folder).start())
