"""Sinks tied to a session, so that a fault of theirs is told and the training goes on."""

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError, one_of
from workbench.runs.sinks.base import Sink
from workbench.training.records import Record

if TYPE_CHECKING:
    from workbench.runs.session import Session

#: name -> module here, and the class in it
SINKS = {"tensorboard": ("tensorboard", "TensorBoard"), "mlflow": ("mlflow", "MLflow")}

#: sinks by name, by ``name:where``, or made already
Sinks = Sequence["str | Sink"]


def made(sinks: Sinks) -> list[Sink]:
    """Sinks by name, such as ``tensorboard`` or ``mlflow:runs/mlflow.db``, made; those that are made stay as they are.

    Raises:
        WorkbenchError: no sink of that name, or a package is missing.
    """
    if isinstance(sinks, str):
        raise WorkbenchError(f"sinks is a list of names, [{sinks!r}], found {sinks!r}.")
    found, faults = [], []
    for given in sinks:
        try:
            found.append(given if isinstance(given, Sink) else _named(given))
        except WorkbenchError as error:
            faults += error.faults
    if faults:
        raise WorkbenchError(*faults)
    return found


def _named(given: Any) -> Sink:
    if not isinstance(given, str):
        raise WorkbenchError(f"A sink is a name, name:where or a Sink, found {type(given).__name__}.")
    name, _, where = given.partition(":")
    if name not in SINKS:
        raise WorkbenchError(f"There is no sink {name!r}: {one_of(name, SINKS)}.")
    module, cls = SINKS[name]
    return getattr(import_module(f"workbench.runs.sinks.{module}"), cls)(where or None)


def attach(session: "Session", sinks: Sequence[Sink]) -> "Session":
    """Let sinks have every record of a session that has not begun."""
    for sink in sinks:
        guard = Guarded(sink, session)
        session.listen(guard.write, guard.close)
    return session


class Guarded:
    """A sink whose first fault is its last: warned of once, and kept in ``session.errors``."""

    def __init__(self, sink: Sink, session: "Session") -> None:
        self.sink, self.session = sink, session
        self.opened = self.broken = False
        self.step = session.step_number

    def write(self, record: Record) -> None:
        """Hand a record on, the first one after opening the sink."""
        if not self.opened:
            self.opened = True
            self._try("open", self.session)
        self.step = getattr(record, "step", self.step)
        self._try("write", record)

    def close(self, status: str) -> None:
        """End the sink where it was opened; one that broke gets the chance to give back what it holds."""
        if self.opened:
            broken, self.broken = self.broken, False
            self._try("close", status, tell=not broken)

    def _try(self, what: str, *given: Any, tell: bool = True) -> None:
        if self.broken:
            return
        try:
            getattr(self.sink, what)(*given)
        except Exception as error:  # noqa: BLE001 (told and kept; the training goes on)
            self.broken = True
            if tell:
                sentence = (
                    f"The sink {type(self.sink).__name__} failed at step {self.step} and gets nothing "
                    f"more; the training goes on: {type(error).__name__}: {error}"
                )
                self.session.errors.append(sentence)
                warnings.warn(sentence, RuntimeWarning, stacklevel=2)
