"""How well a finished run did on validation, as one number."""

import numpy as np

from workbench.runs.run import Run

__all__ = ["kept_score"]


def kept_score(run: Run) -> float:
    """The validation score of the model that a run kept, which is the one that is tested.

    The mean of the tasks' conventional metrics, signed so that higher is better, at the epoch that ``select`` chose;
    -inf where the run failed, or a task has no such metric.
    """
    if run.summary["status"] == "failed":
        return -np.inf
    tasks = run.summary["tasks"].values()
    values = [task["val"] if task["higher_is_better"] else -task["val"] for task in tasks if task["val"] is not None]
    return sum(values) / len(values) if len(values) == len(tasks) else -np.inf
