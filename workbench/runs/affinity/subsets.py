"""Results of training single tasks and pairs of them."""

from itertools import combinations
from typing import TYPE_CHECKING, Any

from workbench.affinities.base import Subsets
from workbench.runs.affinity.brought import Brought
from workbench.runs.baseline import baseline, find
from workbench.runs.train import train

if TYPE_CHECKING:
    from workbench.runs.run import Run
    from workbench.spec import Spec

#: repetitions of a measure that does not say how many
SEEDS = 3


def subsets(spec: "Spec", measure: Any) -> Brought:
    """Validation results of the single-task baseline and of every pair, for some seeds from the spec's own on."""
    by, seeds = getattr(measure, "by", "loss"), getattr(measure, "seeds", SEEDS)
    names = spec.build("problem").check_tasks(spec.tasks)
    results, cost, higher = [], 0, dict.fromkeys(names, False)
    for seed in range(spec.seed, spec.seed + seeds):
        alone = baseline(spec.replace(seed=seed), progress=False)
        runs = {frozenset([name]): alone for name in names}
        cost += alone.summary["steps"] * len(names)
        for pair in combinations(names, 2):
            wanted = spec.replace(tasks=list(pair), seed=seed, affinity=None)
            runs[frozenset(pair)] = run = find(wanted) or train(wanted, progress=False)
            cost += run.summary["steps"] * 2
        results.append({group: {name: _result(run, name, by) for name in group} for group, run in runs.items()})
        if by == "metric":
            higher = {name: task["higher_is_better"] for name, task in alone.summary["tasks"].items()}
    return Brought(measure.estimate(Subsets(names, results, higher)), names, cost)


def _result(run: "Run", name: str, by: str) -> float:
    """Validation loss or conventional metric of a task at the chosen epoch; NaN where there is none."""
    task = run.summary["tasks"][name]
    value = task["metrics"]["loss"]["val"] if by == "loss" else task["val"]
    return float("nan") if value is None else float(value)
