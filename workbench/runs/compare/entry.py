"""Compare methods, honestly: what is always there, how they are tuned, and what is told of them."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from workbench.component import WorkbenchError, short
from workbench.runs.arguments import check_list, check_rates, check_seeds
from workbench.runs.compare.card import card
from workbench.runs.compare.front import frame_of, mixes, weighted
from workbench.runs.compare.matched import matched_baseline
from workbench.runs.compare.measured import directions
from workbench.runs.compare.methods import Method, name_all, of_runs, of_specs, with_references
from workbench.runs.compare.result import Comparison
from workbench.runs.compare.table import common_seeds, table
from workbench.runs.compare.tuning import content, runs_of, tuned
from workbench.runs.run import Run
from workbench.runs.sweep.scheduler import here_unless, sweep
from workbench.spec import Spec

__all__ = ["compare"]

#: seeds of specs where none are given: the fewest with an interval that says something
SEEDS = (0, 1, 2)


def compare(
    what: "Run | Spec | Iterable[Run | Spec]",
    progress: bool = True,
    *,
    seeds: Iterable[int] | None = None,
    lrs: Sequence[float] | None = None,
    front: int = 0,
    matched: bool = False,
    executor: Executor | str | None = None,
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Comparison:
    """Compare runs or specs: single-task models and equal weighting are always there, trained if they are missing.

    Runs that differ only in their seed are one method, paired with the baseline of the same seed; of several runs with
    the same spec and seed the newest counts, and steered ones are a method of their own. The model of each run was
    chosen on validation, the numbers are of the test split. What has to be trained goes through ``wb.sweep``. A method
    of which a run failed has no Δm, since one over the seeds that are left would flatter it.

    Args:
        what: finished runs of one problem with the same tasks; or specs, which are trained for every seed.
        progress: show progress bars for what has to be trained.
        seeds: for specs; default: 0, 1, 2. Ten are better where runs are short.
        lrs: for specs: one grid of learning rates for all methods, the baselines among them. Each method gets the rate
            at which the models that its runs keep validate best (mean over seeds), so that all had the same budget;
            specs that differ only in their own rate are one method.
        front: train equal weighting's network with so many sets of fixed weights too (evenly spaced for two tasks,
            drawn from Dirichlet(1) for more), at the learning rate of equal weighting: ``comparison.front``. A method
            that lies on it could have been had by choosing weights.
        matched: add single-task models whose encoders are so narrow that together they have no more parameters than the
            first method that is no baseline, trained and tuned as all others.
        executor, workers: as for ``wb.sweep``; default: one run after the other in this process.
        out: the store; default: that of the runs given, else the variable ``WORKBENCH_RUNS``, else ``./runs``.

    Raises:
        WorkbenchError: nothing to compare, seeds or learning rates that are not allowed, an unfinished run, runs of
            different problems or tasks, or a run that cannot be trained.
    """
    given = [what] if isinstance(what, Run | Spec) else check_list("compare(what=…)", what, "runs or specs", _is_either)
    if not given:
        raise WorkbenchError("compare needs at least one run.")
    runs = [each for each in given if isinstance(each, Run)]
    specs = [each for each in given if isinstance(each, Spec)]
    if runs and specs:
        raise WorkbenchError("compare takes runs or specs, not both: specs are trained with seeds of their own.")
    if runs and (lrs is not None or seeds is not None):
        raise WorkbenchError("compare(seeds=…, lrs=…) is for specs: runs have been trained with theirs.")
    if not (isinstance(front, int) and front >= 0):
        raise WorkbenchError(f"compare(front=…) should be a whole number of at least 0, found {short(front)}.")
    _check(runs, specs)
    store = Path(out) if out is not None else runs[0].path.parent if runs else None
    known: dict[str, Run] = {}

    def train(wanted: list[Spec]) -> None:
        """Make sure that the runs of specs are known, by content: those of the store, and new ones."""
        missing = [spec for spec in wanted if content(spec) not in known]
        if missing:
            found = sweep(missing, here_unless(executor, workers), workers=workers, progress=progress, out=store)
            known.update({content(spec): run for spec, run in zip(missing, found, strict=True)})

    rates = None if lrs is None else sorted(check_rates("compare", lrs))
    notes: list[str] = []
    if runs:
        asked, notes = of_runs(runs)
    else:
        asked = of_specs(specs, sorted(check_seeds("compare", SEEDS if seeds is None else seeds)), rates)
    methods = with_references(asked)
    main = next((method for method in methods if not method.is_baseline), methods[0])
    if matched:
        narrow = matched_baseline(main.spec)
        if narrow is None:
            encoder = main.spec.chosen("encoder")[0]
            notes.append(f"No baseline of as many parameters: encoder {encoder!r} has no width to lower.")
        else:
            methods.append(Method(narrow, main.seeds, owner=main))
    name_all(methods)
    _run(methods, rates, train, known)
    frame, found = table(methods)
    points, mixed = None, common_seeds(methods) or main.seeds
    if front:
        spec = next((method for method in methods if method.is_equal), main).spec
        weights = mixes(list(directions(main.runs)), front)
        train([weighted(spec, mix).replace(seed=seed) for mix in weights for seed in mixed])
        points = frame_of([(mix, runs_of(weighted(spec, mix), mixed, known)) for mix in weights])
        if failed := int(points.filter(regex=" loss$").isna().any(axis=1).sum()):
            found.append(f"{failed} of {front} sets of fixed weights failed: the front is without them.")
    facts = card(main, methods, rates, front, mixed)
    return Comparison(frame, notes + found, card=facts, front=points, higher=directions(main.runs))


def _is_either(value: object) -> bool:
    return isinstance(value, Run | Spec)


def _check(runs: list[Run], specs: list[Spec]) -> None:
    faults = []
    if runs:
        first = runs[0]
        tasks = list((first.folder.summary() or {"tasks": ()})["tasks"])
        for run in runs:
            summary = run.folder.summary()
            if summary is None or summary["status"] == "failed":
                faults.append(f"Run {run.path.name!r} is {run.summary['status']}: only finished runs can be compared.")
            elif run.spec.problem != first.spec.problem or list(summary["tasks"]) != tasks:
                faults.append(f"Run {run.path.name!r} has another problem or other tasks than {first.path.name!r}.")
    for spec in specs:
        if spec.problem != specs[0].problem or spec.tasks != specs[0].tasks:
            faults.append("compare: all specs should have the same problem and tasks.")
            break
    if faults:
        raise WorkbenchError(*faults)


def _run(
    methods: list[Method], rates: list[float] | None, train: Callable[[list[Spec]], None], known: Mapping[str, Run]
) -> None:
    """Train what the methods need, choose a learning rate for each, and hand them their runs."""
    wanted = [(method.spec, seed) for method in methods for seed in method.seeds if seed not in method.given]
    train([spec.replace(seed=seed, lr=lr) for spec, seed in wanted for lr in rates or [spec.lr]])
    for method in methods:
        if rates:
            method.spec = tuned(method.spec, rates, method.seeds, known)
        method.runs = [
            method.given[seed] if seed in method.given else known[content(method.spec.replace(seed=seed))]
            for seed in method.seeds
        ]
