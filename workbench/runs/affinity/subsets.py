"""Results of training single tasks and pairs of them."""

from itertools import combinations
from typing import TYPE_CHECKING, Any

from workbench.affinities.base import Subsets
from workbench.runs.affinity.brought import Brought
from workbench.runs.affinity.sources import Train
from workbench.runs.baseline import baseline_spec

if TYPE_CHECKING:
    from workbench.runs.run import Run
    from workbench.spec import Spec

#: repetitions of a measure that does not say how many
SEEDS = 3


def subsets(spec: "Spec", measure: Any, train: Train) -> Brought:
    """Validation results of the single-task baseline and of every pair, for some seeds from the spec's own on."""
    by, seeds = getattr(measure, "by", "loss"), getattr(measure, "seeds", SEEDS)
    names = spec.build("problem").check_tasks(spec.tasks)
    pairs = list(combinations(names, 2))
    repeated = [spec.replace(seed=seed) for seed in range(spec.seed, spec.seed + seeds)]
    wanted = [baseline_spec(each) for each in repeated]
    wanted += [each.replace(tasks=list(pair), affinity=None) for each in repeated for pair in pairs]
    runs = train(wanted)
    alone, together = runs[:seeds], iter(runs[seeds:])
    results = []
    for single in alone:
        of = {frozenset([name]): single for name in names} | {frozenset(pair): next(together) for pair in pairs}
        results.append({group: {name: _result(run, name, by) for name in group} for group, run in of.items()})
    cost = sum(run.summary["steps"] * len(run.tasks) for run in runs)
    higher = dict.fromkeys(names, False)
    if by == "metric":
        higher = {name: task["higher_is_better"] for name, task in alone[0].summary["tasks"].items()}
    return Brought(measure.estimate(Subsets(names, results, higher)), names, cost)


def _result(run: "Run", name: str, by: str) -> float:
    """Validation loss or conventional metric of a task at the chosen epoch; NaN where there is none."""
    task = run.summary["tasks"][name]
    value = task["metrics"]["loss"]["val"] if by == "loss" else task["val"]
    return float("nan") if value is None else float(value)
