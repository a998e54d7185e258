"""Look for good settings: Optuna asks, runs tell."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError, one_of, short
from workbench.runs.arguments import check_spec
from workbench.runs.folder import store_folder
from workbench.runs.run import Run
from workbench.runs.scores import kept_score
from workbench.runs.session import Session
from workbench.runs.sweep.grid import changed
from workbench.runs.sweep.job import done
from workbench.runs.sweep.scheduler import HERE, sweep
from workbench.spec import Spec
from workbench.training.evaluate import score
from workbench.training.records import Evaluation, Record

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Search", "search"]

#: the objective that is one number for all tasks
SCORE = "score"


@dataclass(frozen=True)
class Search:
    """What was tried.

    Attributes:
        frame: a row per trial: ``trial``, the values of the space, a column per objective (validation, of the model
            that the run keeps; NaN where it was pruned or failed), ``state`` (``complete``, ``pruned``, ``fail``),
            ``best`` (for several objectives: no other trial is as good in all and better in one) and ``run``, the name
            of its folder.
        specs: of the best trials, one for one objective, else the whole front.
        objectives: name -> whether higher is better.
    """

    frame: "pd.DataFrame"
    specs: list[Spec]
    objectives: dict[str, bool]

    @property
    def spec(self) -> Spec:
        """The best one; of a front the first.

        Raises:
            WorkbenchError: no trial was completed.
        """
        if not self.specs:
            raise WorkbenchError(
                f"No trial of this search is the best: all {len(self.frame)} failed or were pruned, as its frame says."
            )
        return self.specs[0]

    def _repr_html_(self) -> str:
        return self.frame.to_html(index=False, float_format="{:.4g}".format, na_rep="–")


def search(
    spec: Spec,
    space: Mapping[str, Any],
    trials: int = 20,
    *,
    objectives: str | Sequence[str] = SCORE,
    prune: bool = False,
    executor: Executor | str | None = None,
    workers: int = 1,
    seed: int = 0,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
) -> Search:
    """Search settings with Optuna's default samplers (TPE; NSGA-II for several objectives); validation decides.

    Trials are asked for in batches of ``workers`` and told together, so that a search is the same however quick its
    workers are. A trial is judged by the model that its run keeps, see the spec's ``select``. Runs that the store holds
    are used again. Nothing here looks at the test split.

    Args:
        spec: what is the same in all trials.
        space: key of a Spec, dotted for a component's settings -> a list of choices, ``(low, high)`` or
            ``(low, high, "log")``; whole numbers where both ends are.
        trials: how many.
        objectives: ``"score"`` (the mean of the tasks' conventional metrics, signed so that higher is better), or names
            of tasks: one objective each, their conventional metric.
        prune: stop runs early that are worse than the median of the earlier ones at the same epoch (one objective, one
            worker here).
        executor, workers: as for ``wb.sweep``; default: one run after the other in this process.
        seed: of the sampler.
        progress: show a progress bar of trials.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.

    Raises:
        WorkbenchError: Optuna is not installed, no spec, a space or an objective that is none, or a trial that cannot
            begin.
    """
    try:
        import optuna
    except ModuleNotFoundError:
        raise WorkbenchError("A search needs the package 'optuna': pip install optuna.") from None
    check_spec("search", spec)
    for name, value in (("trials", trials), ("workers", workers)):
        if not (isinstance(value, int) and value >= 1):
            raise WorkbenchError(f"search({name}=…) should be a whole number of at least 1, found {short(value)}.")
    _check(space)
    names = [objectives] if isinstance(objectives, str) else list(objectives)
    here = executor in (None, HERE) and workers == 1
    if prune and (len(names) > 1 or not here):
        raise WorkbenchError("search(prune=True) is for one objective, and for runs in this process (workers=1).")
    known = _objectives(spec)
    if not names:
        raise WorkbenchError(f"search needs an objective: {', '.join(known)}.")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise WorkbenchError(f"search has no objective {unknown[0]!r}: {one_of(unknown[0], known)}.")
    higher = {name: known[name] for name in names}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed) if len(names) == 1 else optuna.samplers.NSGAIISampler(seed=seed)
    study = optuna.create_study(
        directions=["maximize" if up else "minimize" for up in higher.values()],
        sampler=sampler,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )
    specs: dict[int, Spec] = {}
    runs: dict[int, Run] = {}
    for size in _bar(trials, 1 if prune else workers, progress):
        asked = [study.ask() for _ in range(size)]
        for trial in asked:
            specs[trial.number] = changed(spec, {key: _drawn(trial, key, values) for key, values in space.items()})
        batch = [specs[trial.number] for trial in asked]
        if prune:
            found = [_pruned(batch[0], asked[0], names[0], higher[names[0]], out)]
        else:
            found = sweep(batch, HERE if here else executor, workers=None if here else workers, progress=False, out=out)
        for trial, run in zip(asked, found, strict=True):
            runs[trial.number] = run
            status = run.summary["status"]
            if status == "stopped":
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            elif status == "failed":
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, [_value(run, name) for name in names])
    best = [trial.number for trial in study.best_trials]
    return Search(_frame(study, space, names, runs, best), [specs[number] for number in best], higher)


def _check(space: Mapping[str, Any]) -> None:
    faults = []
    for key, values in space.items():
        numbers = isinstance(values, tuple) and len(values) >= 2 and all(isinstance(v, int | float) for v in values[:2])
        if isinstance(values, list) and values:
            continue
        if not (numbers and (len(values) == 2 or values[2:] == ("log",)) and values[0] < values[1]):
            faults.append(
                f"search: {key!r} should be a list of choices, (low, high) or (low, high, 'log'), "
                f"found {short(values)}."
            )
        elif len(values) == 3 and values[0] <= 0:
            faults.append(f"search: {key!r} on a log scale should begin above 0, found {values[0]}.")
    if not space:
        faults.append("search needs a space, such as {'lr': (0.0001, 0.1, 'log')}.")
    if faults:
        raise WorkbenchError(*faults)


def _drawn(trial: Any, key: str, values: Any) -> Any:
    """A value of a trial; choices are told to Optuna by their place, so that they may be anything."""
    if isinstance(values, list):
        return values[trial.suggest_categorical(key, range(len(values)))]
    suggest = trial.suggest_int if all(isinstance(value, int) for value in values[:2]) else trial.suggest_float
    return suggest(key, *values[:2], log=len(values) == 3)


def _objectives(spec: Spec) -> dict[str, bool]:
    """Name -> whether higher is better, of all that may be asked for."""
    from workbench.training.experiment import Experiment

    return {SCORE: True, **{task: higher for task, _, higher in Experiment(spec.replace(device="cpu")).metrics}}


def _value(run: Run, objective: str) -> float:
    """What the model that a finished run kept reached on validation, NaN where that is no number."""
    found = kept_score(run) if objective == SCORE else run.summary["tasks"][objective]["val"]
    return float(found) if found is not None and math.isfinite(found) else float("nan")


def _pruned(spec: Spec, trial: Any, objective: str, higher: bool, out: Any) -> Run:
    """Train here, and stop where the pruner says so; a run that is there only says what it reached at each epoch."""

    def tell(record: Record, tasks: Sequence[tuple[str, str, bool]]) -> bool:
        """Tell the pruner of a validation; whether it was one."""
        if not (isinstance(record, Evaluation) and record.split == "val" and record.epoch > 0):
            return False
        value = score(record.values, [task for task in tasks if objective in (SCORE, task[0])])
        trial.report(value if higher or objective == SCORE else -value, record.epoch)
        return True

    there = done(spec, store_folder(out))
    if there is not None:
        tasks = [(name, task["metric"], task["higher_is_better"]) for name, task in there.summary["tasks"].items()]
        for record in there.folder.records(kind=Evaluation):
            tell(record, tasks)
        return there
    session = Session(spec, out)

    def hear(record: Record) -> None:
        if tell(record, session.exp.metrics) and trial.should_prune():
            session.stop()

    session.listen(hear)
    return session.work()


def _frame(
    study: Any, space: Mapping[str, Any], names: Sequence[str], runs: Mapping[int, Run], best: Sequence[int]
) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for trial in study.trials:
        values = trial.values if trial.state.name == "COMPLETE" else [float("nan")] * len(names)
        rows.append(
            {
                "trial": trial.number,
                **{key: space[key][v] if isinstance(space[key], list) else v for key, v in trial.params.items()},
                **dict(zip(names, values, strict=True)),
                "state": trial.state.name.lower(),
                "best": trial.number in best,
                "run": runs[trial.number].path.name,
            }
        )
    return pd.DataFrame(rows)


def _bar(trials: int, size: int, shown: bool) -> Iterator[int]:
    """Sizes of batches that make up the trials, with a progress bar."""
    import sys

    from tqdm import tqdm

    with tqdm(total=trials, unit="trial", file=sys.stdout, ncols=100, disable=not shown) as bar:
        for start in range(0, trials, size):
            batch = min(size, trials - start)
            yield batch
            bar.update(batch)
