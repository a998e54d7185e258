"""Compare methods, honestly: what is always there, how they are tuned, and what is told of them."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from workbench.component import WorkbenchError, short
from workbench.runs.baseline import baseline_spec, same
from workbench.runs.compare.front import frame_of, mixes, weighted
from workbench.runs.compare.labels import MATCHED, labels
from workbench.runs.compare.matched import matched_baseline
from workbench.runs.compare.result import Comparison
from workbench.runs.compare.table import card, table
from workbench.runs.compare.tuning import check_rates, content, runs_of, tuned
from workbench.runs.run import Run
from workbench.runs.sweep.scheduler import HERE, sweep
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

    Runs that differ only in their seed are one method, paired with the baseline of the same seed. The model of each run
    was chosen on validation, the numbers are of the test split. What has to be trained goes through ``wb.sweep``.

    Args:
        what: finished runs of one problem with the same tasks; or specs, which are trained for every seed.
        progress: show progress bars for what has to be trained.
        seeds: for specs; default: 0, 1, 2. Ten are better where runs are short.
        lrs: for specs: one grid of learning rates for all methods, the baselines among them. Each method gets the rate
            at which the models that its runs keep validate best (mean over seeds), so that all had the same budget.
        front: train equal weighting's network with so many sets of fixed weights too (evenly spaced for two tasks,
            drawn from Dirichlet(1) for more), at the learning rate of equal weighting: ``comparison.front``. A method
            that lies on it could have been had by choosing weights.
        matched: add single-task models whose encoders are so narrow that together they have no more parameters.
        executor, workers: as for ``wb.sweep``; default: one run after the other in this process.
        out: the store; default: that of the runs given, else the variable ``WORKBENCH_RUNS``, else ``./runs``.

    Raises:
        WorkbenchError: nothing to compare, an unfinished run, runs of different problems or tasks, or a run that cannot
            be trained.
    """
    given = [what] if isinstance(what, Run | Spec) else list(what)
    if not given:
        raise WorkbenchError("compare needs at least one run.")
    strange = [each for each in given if not isinstance(each, Run | Spec)]
    if strange:
        raise WorkbenchError(f"compare takes runs and specs, found {short(strange[0])}.")
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

    def train(wanted: list[Spec]) -> dict[str, Run]:
        """Runs of specs by content: those given, those of the store, and new ones."""
        missing = [spec for spec in wanted if content(spec) not in known]
        if missing:
            where = HERE if executor is None and workers is None else executor
            found = sweep(missing, where, workers=workers, progress=progress, out=store)
            known.update({content(spec): run for spec, run in zip(missing, found, strict=True)})
        return known

    known = {content(run.spec): run for run in runs}
    if runs:
        groups = _groups(runs, train)
        chosen = [group[0].spec for group in groups]
        tried, rates = {}, None
    else:
        each = sorted(set(SEEDS if seeds is None else map(int, seeds)))
        rates = None if lrs is None else check_rates(lrs)
        methods = _methods(specs)
        train([spec.replace(lr=lr, seed=seed) for spec in methods for lr in rates or [spec.lr] for seed in each])
        chosen = [tuned(spec, rates, each, known) if rates else spec for spec in methods]
        groups = [runs_of(spec, each, known) for spec in chosen]
        tried = {content(spec.replace(seed=0)): len(rates or [0]) for spec in chosen}
    shared = next((spec for spec in chosen if not _is_baseline(spec)), chosen[0])
    names = labels(chosen, [_is_baseline(spec) for spec in chosen])
    if lrs is not None:  # the rate that was chosen is a result, not a name
        names = labels([spec.replace(lr=1e-3) for spec in chosen], [_is_baseline(spec) for spec in chosen])
    seeds_of = [run.spec.seed for run in groups[0]]
    if matched and (narrow := matched_baseline(shared)) is not None:
        train([narrow.replace(seed=seed) for seed in seeds_of])
        groups.append(runs_of(narrow, seeds_of, known))
        names.append(MATCHED)
    frame, notes = table(names, groups)
    if matched and MATCHED not in names:
        notes.append(
            f"No baseline of as many parameters: encoder {shared.chosen('encoder')[0]!r} has no width to lower."
        )
    points = None
    if front:
        equal = next((spec for spec in chosen if _is_equal(spec)), shared)
        tasks = list(groups[0][0].summary["tasks"])
        weights = mixes(tasks, front)
        train([weighted(equal, w).replace(seed=seed) for w in weights for seed in seeds_of])
        points = frame_of([(w, runs_of(weighted(equal, w), seeds_of, known)) for w in weights])
    facts = card(shared, groups, seeds_of, rates, tried, front)
    return Comparison(frame, notes, card=facts, front=points)


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


def _methods(specs: list[Spec]) -> list[Spec]:
    """The specs without their seeds, each once, and what is always there."""
    found: list[Spec] = []
    for spec in specs:
        plain = spec.replace(seed=0, name="")
        extra = [] if _is_baseline(plain) else [_equal(plain), baseline_spec(plain)]
        found += [each for each in (plain, *extra) if not any(same(each, other) for other in found)]
    return found


def _groups(runs: list[Run], train: Any) -> list[list[Run]]:
    """The runs by method, with the single-task baseline and equal weighting of each of their seeds."""
    every = list(runs)
    for run in runs:
        if _is_baseline(run.spec):
            continue
        for spec in (baseline_spec(run.spec), _equal(run.spec)):
            if not any(same(other.spec, spec) for other in every):
                every.append(train([spec])[content(spec)])
    groups: dict[str, list[Run]] = {}
    for run in every:
        groups.setdefault(content(run.spec.replace(seed=0)), []).append(run)
    return list(groups.values())


def _equal(spec: Spec) -> Spec:
    return spec.replace(weighting="equal", gradients="exact", name="")


def _is_equal(spec: Spec) -> bool:
    return not _is_baseline(spec) and same(spec, _equal(spec))


def _is_baseline(spec: Spec) -> bool:
    return same(spec, baseline_spec(spec))
