"""What runs measured on the test split, in the mean over seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.runs.run import Run

__all__ = ["directions", "means_on_test"]


def means_on_test(runs: Sequence[Run]) -> dict[str, float]:
    """``task metric`` of every task, then ``task loss``; NaN where a run has none, as those that failed."""
    tasks = runs[0].summary["tasks"]
    metrics = {f"{task} {entry['metric']}": _mean(runs, task, entry["metric"]) for task, entry in tasks.items()}
    return metrics | {f"{task} loss": _mean(runs, task, "loss") for task in tasks}


def directions(runs: Sequence[Run]) -> dict[str, bool]:
    """Whether more is better, of every task's metric."""
    return {task: entry["higher_is_better"] for task, entry in runs[0].summary["tasks"].items()}


def _mean(runs: Sequence[Run], task: str, metric: str) -> float:
    return float(np.mean([_test(run.summary["tasks"][task], metric) for run in runs]))


def _test(entry: dict[str, Any], metric: str) -> float:
    value = entry["metrics"].get(metric, {"test": None})["test"]
    return np.nan if value is None else value
