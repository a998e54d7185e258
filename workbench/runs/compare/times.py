"""Equal steps against equal time."""

from collections.abc import Sequence

import numpy as np

from workbench.runs.run import Run

__all__ = ["score_within", "seconds_of"]


def seconds_of(runs: Sequence[Run]) -> float:
    """Seconds that a method takes: the median over its seeds, since the first run of a process loads what it needs."""
    return float(np.median([run.summary["seconds"] for run in runs]))


def score_within(run: Run, seconds: float, takes: float) -> float:
    """The best validation score of a run within so many seconds, its steps taken as equally long; NaN: none yet.

    Args:
        run: finished.
        seconds: there are.
        takes: seconds for all of its steps.
    """
    summary = run.summary
    metrics = [(name, task["metric"], task["higher_is_better"]) for name, task in summary["tasks"].items()]
    share = min(1.0, seconds / takes) if takes > 0 else 1.0
    return run.records.best_score(metrics, summary["steps"] * share)
