"""What a sink is, and what of a record goes into one."""

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workbench.training.records import AffinityMap, Effect, Evaluation, Record, Step

if TYPE_CHECKING:
    from workbench.runs.session import Session


class Sink(ABC):
    """Takes the records of a session to another program while it trains.

    All methods are called in the thread that trains, in this order: ``open`` once, ``write`` for every record,
    ``close`` once. Whatever they raise ends the sink, not the training.

    Args:
        where: a folder or an address; None: the sink's own default.
    """

    def __init__(self, where: str | os.PathLike[str] | None = None) -> None:
        self.where = None if where is None else os.fspath(where)

    @abstractmethod
    def open(self, session: "Session") -> None:
        """Begin; a resumed session stands at ``session.step_number``."""

    @abstractmethod
    def write(self, record: Record) -> None:
        """Take a record."""

    @abstractmethod
    def close(self, status: str) -> None:
        """End, the run being ``done``, ``stopped`` or ``failed``."""


def scalars(record: Record, tasks: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The numbers of a record with their names, such as ``train/loss/digit``; what is not finite is left out.

    Args:
        tasks: names, in the order of the record's lists.
    """
    return ((name, value) for name, value in _scalars(record, tasks) if math.isfinite(value))


def _scalars(record: Record, tasks: Sequence[str]) -> Iterator[tuple[str, float]]:
    if isinstance(record, Step):
        yield from ((f"train/loss/{task}", value) for task, value in zip(tasks, record.losses, strict=True))
        yield from ((f"train/weight/{task}", value) for task, value in zip(tasks, record.weights, strict=True))
        yield "train/gradient_length", record.length
        yield "train/lr", record.lr
    elif isinstance(record, Evaluation):
        for task, values in record.values.items():
            yield from ((f"{record.split}/{quantity}/{task}", value) for quantity, value in values.items())
    elif isinstance(record, AffinityMap):
        for task, row in zip(tasks, record.matrix, strict=True):
            named = zip(tasks, row, strict=True)
            yield from ((f"affinity/{task}/to/{other}", value) for other, value in named if other != task)
    elif isinstance(record, Effect):
        for other, before, after in zip(tasks, record.before, record.after, strict=True):
            yield f"effect/{record.task}/to/{other}", 1 - after / before if before else math.nan
