"""Records as TensorBoard events."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError
from workbench.runs.sinks.base import Sink, scalars
from workbench.training.records import Applied, End, Evaluation, Record

if TYPE_CHECKING:
    from workbench.runs.session import Session


class TensorBoard(Sink):
    """Losses, weights, metrics and maps as scalars; spec, commands and the end as texts.

    By default they go to ``tensorboard`` in the run's own folder, so that ``tensorboard --logdir runs`` shows every run
    of the store; with ``where`` to a folder there with the run's name.

    Raises:
        WorkbenchError: the package is missing.
    """

    def __init__(self, where: Any = None) -> None:
        super().__init__(where)
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise WorkbenchError(
                "The sink 'tensorboard' needs the package tensorboard: install mtl-workbench[tensorboard]."
            ) from None
        self._make = SummaryWriter
        self._writer: Any = None

    def open(self, session: "Session") -> None:
        folder = session.path / "tensorboard" if self.where is None else Path(self.where) / session.path.name
        resumed = session.step_number
        self._tasks = session.tasks
        self._writer = self._make(str(folder), purge_step=resumed + 1 if resumed else None)
        self._writer.add_text("spec", _code(session.spec.to_json()), resumed)

    def write(self, record: Record) -> None:
        if isinstance(record, Applied):
            values = ", ".join(f"{key} = {value}" for key, value in record.values.items())
            self._writer.add_text("commands", f"{record.command} {values}".strip(), record.step)
        elif isinstance(record, End):
            self._writer.add_text("end", f"{record.status}: {record.reason}", record.step)
        for name, value in scalars(record, self._tasks):
            self._writer.add_scalar(name, value, getattr(record, "step", 0))
        if isinstance(record, Evaluation | Applied):  # a run that is lost goes on from here
            self._writer.flush()

    def close(self, status: str) -> None:
        if self._writer is not None:
            self._writer.close()


def _code(text: str) -> str:
    """As code in TensorBoard's Markdown."""
    return "\n".join(f"    {line}" for line in text.splitlines())
