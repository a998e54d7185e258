"""Equal steps against equal time."""

from collections.abc import Sequence

import numpy as np

from workbench.runs.run import Run

__all__ = ["score_within", "seconds_of"]


def seconds_of(runs: Sequence[Run]) -> float:
    """Seconds that a method takes: the median over its seeds, since the first run of a process loads what it needs."""
    return float(np.median([run.summary["seconds"] for run in runs]))


def score_within(run: Run, seconds: float, takes: float) -> float:
    """The best validation score of a run within so many seconds, its steps taken as equally long.

    The mean of the tasks' conventional metrics, signed so that higher is better. NaN where nothing was validated yet.

    Args:
        run: finished.
        seconds: there are.
        takes: seconds for all of its steps.
    """
    summary, history = run.summary, run.records
    steps = summary["steps"] * min(1.0, seconds / takes) if takes > 0 else summary["steps"]
    scores: dict[int, list[float]] = {}
    for name, task in summary["tasks"].items():
        curve = history.curves.get(("val", name, task["metric"]))
        for step, value in zip(curve.steps, curve.values, strict=False) if curve else ():
            if step <= steps:
                scores.setdefault(step, []).append(value if task["higher_is_better"] else -value)
    means = [np.mean(values) for values in scores.values() if len(values) == len(summary["tasks"])]
    finite = [float(mean) for mean in means if np.isfinite(mean)]
    return max(finite, default=float("nan"))
