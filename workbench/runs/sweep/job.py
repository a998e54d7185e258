"""One run of a sweep, as a worker does it: claimed, continued or begun, trained once."""

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from workbench import __version__
from workbench.component import Component, WorkbenchError, register
from workbench.runs.baseline import find, same
from workbench.runs.folder import RunFolder, holds_run
from workbench.runs.run import Run
from workbench.runs.train import resume, train
from workbench.spec import Spec

__all__ = ["CLAIMS", "Job", "Outcome", "work"]

#: in the store: a lock for the content of every run that was swept, given free when its process ends, however it ends
CLAIMS = ".claims"


@dataclass(frozen=True)
class Job:
    """What a worker is told.

    Attributes:
        spec: as JSON.
        store: where runs go, the same for all workers.
        version: of the workbench that asks.
        components: those registered in a notebook or script, which a worker does not have: (class, family, name,
            source, tags).
    """

    spec: str
    store: str
    version: str = __version__
    components: tuple[tuple[type[Component], str, str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of it.

    Attributes:
        run: its folder; empty: there is none.
        trained: whether this worker trained it; it was there before otherwise.
        busy: another process has claimed it; ask again later.
        fault: one sentence, if it failed.
        seconds: it took, all in all.
        facts: where it was done: ``host``, ``pid``.
    """

    run: str = ""
    trained: bool = False
    busy: bool = False
    fault: str = ""
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def work(job: Job) -> Outcome:
    """Do it, unless it is done or somebody else is at it. Never raises what belongs to this run alone."""
    from filelock import FileLock, Timeout

    began = perf_counter()
    facts = {"host": socket.gethostname(), "pid": os.getpid()}
    if job.version != __version__:
        return Outcome(
            fault=f"The worker on {facts['host']} has workbench {__version__}, here it is {job.version}; install the "
            "same version on both.",
            facts=facts,
        )
    claims = Path(job.store, CLAIMS)
    if not claims.is_dir():
        return Outcome(fault=f"The store {job.store!r} does not exist on {facts['host']}.", facts=facts)
    for cls, family, name, source, tags in job.components:
        register(family, name, source=source, tags=tags)(cls)
    try:
        spec = Spec.from_json(job.spec)
    except WorkbenchError as error:  # a component that this worker does not have
        return Outcome(fault=f"On {facts['host']}: {error}", facts=facts)
    claim = FileLock(claims / f"{spec.hash}.lock")
    try:
        claim.acquire(timeout=0)
    except Timeout:
        return Outcome(busy=True, facts=facts)
    try:
        there = done(spec, job.store)
        run = there or _trained(spec, job.store)
        return Outcome(str(run.path), not there, seconds=perf_counter() - began, facts=facts)
    except (WorkbenchError, OSError) as error:
        failed = done(spec, job.store)  # it began, and its folder says how it ended
        return Outcome(str(failed.path) if failed else "", bool(failed), fault=str(error), facts=facts)
    finally:
        claim.release()


def done(spec: Spec, store: str | Path) -> Run | None:
    """The run of this content that is over, done or failed; None: there is none."""
    return find(spec, store, ("done", "failed"))


def _trained(spec: Spec, store: str) -> Run:
    """A run of this content, continued where a worker was lost, else from the start.

    One that somebody trains outside of any sweep, in a panel say, is let alone: it may be steered yet.
    """
    for path in sorted(Path(store).glob(f"*-{spec.hash}*"), reverse=True):
        if holds_run(path) and not (path / "summary.json").is_file():
            folder = RunFolder.find(path)
            if same(folder.spec(), spec) and not folder.to_come() and not folder.commands() and _left(folder):
                return resume(path, progress=False)
    return train(spec, progress=False, out=store)


def _left(folder: RunFolder) -> bool:
    """Whether nobody trains it any more; a process that has just been killed is waited for."""
    try:
        folder.lock()
    except WorkbenchError:
        return False
    folder.close()
    return True
