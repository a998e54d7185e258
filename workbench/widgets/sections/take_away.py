"""Taking an experiment away: as lines of text to copy, and as files."""

from collections.abc import Hashable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anywidget
import traitlets

from workbench.component import WorkbenchError
from workbench.runs.run import notebook_command
from workbench.takeaway import share
from workbench.widgets.scripts import script
from workbench.widgets.sections.section import Section

__all__ = ["TakeAway", "TakeAwayView"]

NO_RUN = "There is no run to save yet: press Start, or open one under Runs."


class TakeAwayView(anywidget.AnyWidget):
    """The section: four texts with a button each that copies them, and buttons that save files."""

    _esm = script("sections/take_away.js")
    _css = Path(__file__).parent / "take_away.css"
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: a sentence instead of the texts
    note = traitlets.Unicode().tag(sync=True)
    #: ``of``, whose they are, and ``texts``: triples of label, explanation and text
    found = traitlets.Dict().tag(sync=True)
    #: a sentence about the last file
    said = traitlets.Unicode().tag(sync=True)


class TakeAway(Section):
    """The spec in the controls, or the run that is shown where the controls still show its spec."""

    name, View = "take_away", TakeAwayView

    def __init__(self, host: Any) -> None:
        super().__init__(host)
        self.view.on_msg(self._asked)

    def source(self, session: Any) -> Hashable:
        spec = self.host.spec
        if session is None or spec != session.spec:
            return spec.to_json()
        return session.path, len(session.history.events)

    def compute(self, session: Any) -> dict[str, Any]:
        spec = self.host.spec
        run = session.run if session is not None and spec == session.spec else None
        given = self.host.choice.given
        line = share(run or spec, show=given["show"], hide=given["hide"], lock=given["lock"])
        steering = run.steering if run else []
        texts = [
            ("share line", "one line with everything, for wb.panel(…), a chat or a blackboard", line),
            ("Python", "code that trains it again", (run or spec).to_python()),
            ("command", "does it again in a notebook, without a browser", notebook_command(spec, steering)),
            ("Spec JSON", "for wb.Spec.from_json and files", spec.to_json()),
        ]
        return {"of": f"run {run.name}" if run else "what the controls show", "texts": texts}

    def show(self, found: dict[str, Any] | None) -> None:
        self.view.found = found or {}

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
        WorkbenchError: there is no run, or it is not over yet.
    """
    if session is None:
        raise WorkbenchError(NO_RUN)
    run = session.run
    if kind == "csv":
        return f"{run.path.name}.csv", run.history.to_csv(index=False).encode(), "text/csv"
    with TemporaryDirectory() as folder:
        page = run.report(Path(folder) / "report.html")
        return f"{run.path.name}.html", page.read_bytes(), "text/html"
