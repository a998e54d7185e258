"""Train many specs, each once, over an executor."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from workbench.component import FAMILIES, Component, WorkbenchError, members, short
from workbench.runs.arguments import check_list
from workbench.runs.folder import store_folder, unwritable
from workbench.runs.run import Run
from workbench.runs.sweep.cluster import LOOK, Cluster, cluster
from workbench.runs.sweep.job import CLAIMS, Job, Outcome, done, work
from workbench.runs.sweep.local import Local, local
from workbench.spec import Spec

__all__ = ["HERE", "here_unless", "sweep"]

#: the executor that is none: one after the other in this process
HERE = "here"
#: how often a run is given out whose worker was lost
ATTEMPTS = 3
#: seconds between two looks at runs that another process has claimed
PATIENCE = 0.5


def here_unless(executor: Executor | str | None, workers: int | None) -> Executor | str | None:
    """The executor of a function that trains one run after the other in this process unless it is told otherwise."""
    return HERE if executor is None and workers is None else executor


def sweep(
    specs: Iterable[Spec],
    executor: Executor | str | None = None,
    *,
    workers: int | None = None,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
) -> list[Run]:
    """Train many specs, several at a time; those that the store holds are not trained again.

    A run is over once its ``summary.json`` is there. Two sweeps may share a store: each content is claimed by one
    worker at a time and trained once. Where a worker is lost (killed, out of memory), another one continues its run
    from the last checkpoint, and no other run is touched. Interrupted (Ctrl-C), what is done stays done.

    Args:
        specs: what to train, such as ``wb.grid(base, weighting=["equal", "pcgrad"], seed=range(3))``.
        executor: any ``concurrent.futures.Executor`` of processes that see the same store (threads of one process share
            torch's random numbers, so that a run with dropout would not be repeatable); or the address of a Dask
            scheduler, such as ``"tcp://10.0.0.1:8786"``, whose workers may come and go (where there is none, one is
            waited for, five minutes long); or ``"here"``: one after the other in this process; default: processes on
            this machine, which stay warm.
        workers: how many processes on this machine; default: one per GPU, else one per core. Each computes with its
            share of the cores.
        progress: show a progress bar.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.

    Returns:
        A run per spec, in their order; equal specs share one. A run that failed (its loss became infinite, say) is
        among them, its ``summary["status"]`` is ``failed``.

    Raises:
        WorkbenchError: runs that could not be made, one sentence each, once all others are done; an address where no
            scheduler answers; a Dask worker without this version of the workbench, or none for five minutes. What is
            done stays done.
    """
    wanted = check_list("sweep(specs=…)", specs, "specs (wb.grid makes one)", lambda spec: isinstance(spec, Spec))
    if workers is not None and not (isinstance(workers, int) and workers >= 1):
        raise WorkbenchError(f"sweep(workers=…) should be a whole number of at least 1, found {short(workers)}.")
    store = store_folder(out).resolve()
    try:
        (store / CLAIMS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(store, error) from None
    unique = {_content(spec): spec for spec in wanted}
    found = {key: run for key, spec in unique.items() if (run := done(spec, store)) is not None}
    faults: list[str] = []
    with _executor(executor, workers) as pool, _bar(len(unique), len(found), progress) as tick:
        left = {key: spec for key, spec in unique.items() if key not in found}
        try:
            for key, outcome in _outcomes(left, store, pool):
                if outcome.run:
                    found[key] = Run(Path(outcome.run))
                elif outcome.fault not in faults:
                    faults.append(outcome.fault)
                tick()
        except WorkbenchError as error:  # nobody is left to ask
            faults += error.faults
    if faults:
        there = sum((run.path / "summary.json").is_file() for run in found.values())
        kept = f" The {there} runs that are done stay in {str(store)!r}." if there else ""
        raise WorkbenchError(*faults[:-1], faults[-1] + kept)
    return [found[_content(spec)] for spec in wanted]


def _content(spec: Spec) -> str:
    return spec.replace(name="").share()


def _outcomes(specs: dict[str, Spec], store: Path, pool: Executor | None) -> Iterator[tuple[str, Outcome]]:
    """What became of each, as they end; without a pool they are done here.

    Raises:
        WorkbenchError: nobody is left to ask.
    """
    components = _registered_by_hand()
    jobs = {key: Job(spec.to_json(), str(store), components=components) for key, spec in specs.items()}
    if pool is None:
        for key, job in jobs.items():
            while (done_here := work(job)).busy:
                sleep(PATIENCE)
            yield key, done_here
        return
    pending: dict[Future, str] = {pool.submit(work, job): key for key, job in jobs.items()}
    attempts, claimed, again = Counter(jobs.keys()), list[str](), 0.0
    try:
        while pending or claimed:
            if isinstance(pool, Cluster):
                pool.look()
            if claimed and monotonic() >= again:
                pending |= {pool.submit(work, jobs[key]): key for key in claimed}
                claimed = []
            if not pending:
                sleep(max(0.0, again - monotonic()))
                continue
            patience = PATIENCE if claimed else LOOK if isinstance(pool, Cluster) else None
            ended, _ = wait(pending, timeout=patience, return_when=FIRST_COMPLETED)
            for future in ended:
                key = pending.pop(future)
                outcome = _result(future, isinstance(pool, Local))
                if outcome is None and attempts[key] < ATTEMPTS:
                    attempts[key] += 1
                    pending[pool.submit(work, jobs[key])] = key
                elif outcome is None:
                    name = specs[key].name or specs[key].hash
                    yield key, Outcome(fault=f"Run {name!r} lost its worker {ATTEMPTS} times (out of memory, perhaps).")
                elif outcome.busy:
                    claimed.append(key)
                    again = monotonic() + PATIENCE
                else:
                    yield key, outcome
    finally:
        for future in pending:
            future.cancel()


def _result(future: Future, replaced: bool) -> Outcome | None:
    """What a worker says; None: it was lost, and there is another one.

    Raises:
        WorkbenchError: nobody is left to ask.
    """
    try:
        return future.result()
    except BrokenExecutor as error:
        if replaced:
            return None
        raise WorkbenchError(f"The executor is broken ({error}).") from None
    except ModuleNotFoundError as error:
        return Outcome(fault=f"A worker has no module {error.name!r}; install the workbench where it runs.")
    except Exception as error:  # noqa: BLE001 (an executor's own: told as one sentence, the other runs go on)
        if type(error).__name__ == "KilledWorker":
            return None
        return Outcome(fault=f"A worker failed: {type(error).__name__}: {error}")


def _registered_by_hand() -> tuple[tuple[type[Component], str, str, str, tuple[str, ...]], ...]:
    """The components that only this process knows, since a cell or a script defines them."""
    return tuple(
        (cls, family, name, cls.reference, cls.tags)
        for family in FAMILIES
        for name, cls in members(family).items()
        if cls.__module__ == "__main__"
    )


@contextmanager
def _executor(given: Executor | str | None, workers: int | None) -> Iterator[Executor | None]:
    if given == HERE:
        yield None
    elif isinstance(given, Executor) or (given is not None and not isinstance(given, str) and hasattr(given, "submit")):
        yield given  # type: ignore[misc]
    elif isinstance(given, str):
        with cluster(given) as pool:
            yield pool
    elif given is None:
        yield local(workers)
    else:
        raise WorkbenchError(
            f"sweep(executor=…) should be a concurrent.futures.Executor or the address of a Dask scheduler, "
            f"found {short(given)}."
        )


@contextmanager
def _bar(total: int, already: int, shown: bool) -> Iterator[Any]:
    """A progress bar of runs; what it gives is called once for each that ends."""
    if not shown:
        yield lambda: None
        return
    from tqdm import tqdm

    with tqdm(total=total, initial=already, unit="run", file=sys.stdout, ncols=100) as bar:
        yield bar.update
