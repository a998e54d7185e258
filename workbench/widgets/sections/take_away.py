"""Taking an experiment away: as lines of text to copy, and as files."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anywidget
import traitlets

from workbench.component import WorkbenchError
from workbench.runs.folder import holds_run
from workbench.runs.run import notebook_command
from workbench.runs.steering import plain
from workbench.spec import Spec
from workbench.takeaway import share
from workbench.texts import python
from workbench.widgets.scripts import script, style
from workbench.widgets.sections.section import DELETED, Section

__all__ = ["TakeAway", "TakeAwayView"]

NO_RUN = "There is no run to save yet: press Start, or open one under Runs."


class TakeAwayView(anywidget.AnyWidget):
    """The section: four texts with a button each that copies them, and buttons that save files."""

    _esm = script("sections/unfold.js", "sections/take_away.js")
    _css = style("sections/section.css", "sections/take_away.css")
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: a sentence instead of the texts
    note = traitlets.Unicode().tag(sync=True)
    #: for run and controls: ``of``, whose texts they are, and ``texts``, each a label, what it is for, and a text
    found: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    #: a sentence about the last file
    said = traitlets.Unicode().tag(sync=True)


class TakeAway(Section):
    """The run that is shown, with its steering, also when its folder was deleted, and what the controls show."""

    name, View = "take_away", TakeAwayView

    def __init__(self, host: Any) -> None:
        super().__init__(host)
        self.view.on_msg(self._asked)

    def source(self, session: Any) -> Hashable:
        run = None if session is None else (session.path, len(session.history.commands), holds_run(session.path))
        try:
            return run, self.host.spec.to_json()
        except WorkbenchError:  # the sentence below the state line says what is wrong with the controls
            if run is None:
                raise
            return run, ""

    def compute(self, session: Any) -> list[dict[str, Any]]:
        found = []
        if session is not None:
            name = session.run.name if holds_run(session.path) else f"{session.path.name} (deleted)"
            found.append(self._of(f"run {name}", session.spec, plain(session.history.commands)))
        try:
            spec = self.host.spec
        except WorkbenchError:
            return found
        if session is None or spec != session.spec:
            found.append(self._of("what the controls show", spec))
        return found

    def show(self, found: list[dict[str, Any]] | None) -> None:
        self.view.found = found or []

    def _of(self, name: str, spec: Spec, steering: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        given = self.host.choice.given
        line = share(spec, steering=steering, show=given["show"], hide=given["hide"], lock=given["lock"])
        texts = [
            ("share line", "one line with everything, for wb.panel(…), a chat or a blackboard", line),
            ("Python", "code that trains it again", python(spec.to_dict(defaults=False), steering)),
            ("command", "does it again in a notebook, without a browser", notebook_command(spec, steering)),
            ("Spec JSON", "for wb.Spec.from_json and files, without steering", spec.to_json()),
        ]
        return {"of": name, "texts": texts}

    # ------------------------------------------------------------------ files

    def _asked(self, _: Any, content: dict[str, Any], __: Any) -> None:
        """A page wants a file of the run shown."""
        try:
            name, data, kind = _file(content["file"], self._session)
        except WorkbenchError as reason:
            self.view.said = str(reason)
            return
        except Exception as error:  # noqa: BLE001 (ipywidgets would drop it)
            self.host.fail(error)
            return
        self.view.said = f"{name}, {len(data) / 1e3:,.0f} kB"
        self.view.send({"name": name, "type": kind}, [data])


def _file(kind: str, session: Any) -> tuple[str, bytes, str]:
    """Name, contents and type of a file of a run.

    Raises:
        WorkbenchError: there is no run, it is not over yet, or it was deleted.
    """
    if session is None:
        raise WorkbenchError(NO_RUN)
    if kind == "csv":
        return f"{session.path.name}.csv", session.history.frame().to_csv(index=False).encode(), "text/csv"
    if not holds_run(session.path):
        raise WorkbenchError(DELETED)
    with TemporaryDirectory() as folder:
        page = session.run.report(Path(folder) / "report.html")
        return f"{session.path.name}.html", page.read_bytes(), "text/html"
