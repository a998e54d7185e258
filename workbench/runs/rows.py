"""What is said of each run of a store, read again only where its folder changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from workbench.component import WorkbenchError
from workbench.runs.baseline import baseline_spec
from workbench.runs.compare import interval
from workbench.runs.counting import counts, newest
from workbench.runs.delta import delta
from workbench.runs.folder import RunFolder, holds_run
from workbench.runs.keeping import notes
from workbench.runs.session import in_progress
from workbench.spec import Spec

__all__ = ["Row", "Rows"]

#: name of a run's folder, and when something in it was last made, replaced or removed
Mark = tuple[str, int]


@dataclass
class Row:
    """One run, without its curves.

    Attributes:
        path: its folder.
        spec: what was asked for.
        summary: its result; while it goes on, or was interrupted, only ``status``, ``steps`` and ``seconds``.
        given: ``name`` and ``note``, empty where nobody gave them.
        over: whether the summary will stay.
        delta_m: Δm on test in % against the single-task baseline in the store; None where there is none.
        low, high: 95 % interval of the mean of ``delta_m`` over seeds, in %; NaN for fewer than two.
        seeds: how many seeds of the same spec have a ``delta_m``, this one included.
    """

    path: Path
    spec: Spec
    summary: dict[str, Any]
    given: dict[str, str]
    over: bool
    delta_m: float | None = field(default=None, init=False)
    low: float = field(default=float("nan"), init=False)
    high: float = field(default=float("nan"), init=False)
    seeds: int = field(default=0, init=False)

    @cached_property
    def content(self) -> str:
        """The spec without its name, as one line."""
        return self.spec.replace(name="").share()

    @cached_property
    def method(self) -> str:
        """The spec without its name and seed, as one line."""
        return self.spec.replace(name="", seed=0).share()

    @cached_property
    def baseline(self) -> str:
        """The spec of its single-task baseline without its name, as one line."""
        return baseline_spec(self.spec).replace(name="").share()

    @property
    def ms_per_step(self) -> float | None:
        """Milliseconds a step took on average; None where nobody knows."""
        seconds, steps = self.summary["seconds"], self.summary["steps"]
        return 1000 * seconds / steps if seconds and steps else None

    @property
    def counts(self) -> bool:
        """Whether it is what its spec says: done, and not steered."""
        return counts(self.summary)


class Rows:
    """The runs of a store; asked again, it reads only what changed since.

    Args:
        store: the folder of the run folders.

    Attributes:
        faults: what could not be read the last time, a sentence each.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self.faults: list[str] = []
        self._known: dict[Mark, Row] = {}

    def marks(self) -> tuple[Mark, ...]:
        """What the rows depend on, newest run first: a look at each folder, and none into a file.

        Summaries, names and notes are put into their folder under their final name, which the folder's time tells.
        """
        if not self.store.is_dir():
            return ()
        found = [(each.name, _changed(each)) for each in self.store.iterdir() if each.is_dir()]
        return tuple(sorted(found, reverse=True))

    def read(self) -> list[Row]:
        """All runs, newest first; what cannot be read is left out and told in ``faults``."""
        rows: dict[Mark, Row] = {}
        self.faults = []
        for mark in self.marks():
            path = self.store / mark[0]
            if not holds_run(path):
                continue
            try:
                known = self._known.get(mark)
                rows[mark] = known if known is not None and known.over else read(path)
            except WorkbenchError as error:
                self.faults += error.faults
        self._known = rows
        _compare(rows.values())
        return list(rows.values())


def _changed(folder: Path) -> int:
    """When something in a run folder was last made, replaced or removed; while it grows, when it last grew."""
    records = folder / "records.jsonl"
    growing = records.is_file() and not (folder / "summary.json").is_file()
    return max(folder.stat().st_mtime_ns, records.stat().st_mtime_ns if growing else 0)


def read(path: Path) -> Row:
    """What a run's folder says of it.

    Raises:
        WorkbenchError: it is damaged, or comes from a newer workbench.
    """
    folder = RunFolder.find(path)
    try:
        summary = folder.summary()
    except ValueError:
        raise WorkbenchError(f"Run folder {str(path)!r} is damaged: summary.json cannot be read.") from None
    over = summary is not None
    if summary is None:
        session = in_progress(path)
        status, steps = (session.status, session.step_number) if session else (folder.unfinished(), folder.last_step())
        summary = {"status": status, "steps": steps, "seconds": session.seconds if session else None}
    return Row(path, folder.spec(), summary, notes(path), over)


def _compare(rows: Iterable[Row]) -> None:
    """Work out Δm of every finished run, and its interval over runs that differ only in their seed."""
    rows = list(rows)
    baselines: dict[str, Row] = {}
    for row in rows:
        if row.counts:
            baselines.setdefault(row.content, row)  # the newest
    groups: dict[str, list[Row]] = {}
    for row in rows:
        row.low = row.high = float("nan")
        row.delta_m, row.seeds = row.summary.get("delta_m"), 0
        base = baselines.get(row.baseline) if row.over else None
        if row.delta_m is None and base is not None:
            value = delta(row.summary["tasks"], base.summary["tasks"]).tasks
            row.delta_m = value if value == value else None
        if row.delta_m is not None:
            row.seeds = 1
            if row.counts:
                groups.setdefault(row.method, []).append(row)
    for group in groups.values():
        each = newest(group)
        low, high = interval(np.array([row.delta_m for row in each.values()]))
        for row in group:
            row.low, row.high, row.seeds = low, high, len(each)
