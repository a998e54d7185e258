"""K-fold cross-validation: every row is tested once, by a model that has not seen it."""

import os
from typing import TYPE_CHECKING

import numpy as np

from workbench.runs.baseline import find
from workbench.runs.train import train
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

#: folds where neither the call nor the spec says how many
FOLDS = 5


class CrossValidation:
    """The folds of a spec side by side.

    Attributes:
        frame: one row per fold and task: ``fold``, ``task``, ``metric``, ``val``, ``test``, and ``run``, the name of
            the run's folder.
    """

    def __init__(self, frame: "pd.DataFrame") -> None:
        self.frame = frame

    @property
    def summary(self) -> "pd.DataFrame":
        """One row per task: mean test metric over the folds, ``std`` between them, 95 % interval ``low`` to ``high``.

        The interval is Student's t with the variance of Nadeau & Bengio (Machine Learning 2003),
        ``s² (1/K + 1/(K-1))``, since folds share most of their training rows; with ``s²/K`` it would be too narrow.
        """
        import pandas as pd

        rows = []
        for (task, metric), part in self.frame.groupby(["task", "metric"], sort=False):
            low, high = corrected_interval(part["test"].to_numpy(dtype=float))
            values = part["test"]
            rows.append((task, metric, values.mean(), values.std(), low, high, len(part)))
        return pd.DataFrame(rows, columns=["task", "metric", "mean", "std", "low", "high", "folds"])

    def __repr__(self) -> str:
        return self.summary.to_string(index=False, float_format="{:.4f}".format)

    def _repr_html_(self) -> str:
        return self.summary.to_html(index=False, float_format="{:.4f}".format, na_rep="–")


def cross_validate(
    spec: Spec, folds: int | None = None, progress: bool = True, out: str | os.PathLike[str] | None = None
) -> CrossValidation:
    """Train a spec once per fold.

    The rows are cut into ``folds`` parts by the spec's seed: stratified by the labels of the classification tasks
    where these are frequent enough, rows of one group kept together. Each part is the test split once; validation rows
    (``val_fraction`` of all) are taken from the rest, and choose the epoch as always. Finished folds in the store are
    used again.

    Args:
        spec: what to train.
        folds: K, at least 2; by default the spec's, else 5.
        progress: show a progress bar per fold.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.

    Raises:
        WorkbenchError: fewer rows or groups than folds, or a problem that brings its own test split.
    """
    import pandas as pd

    count = folds if folds is not None else spec.folds if spec.folds is not None else FOLDS
    rows = []
    for fold in range(count):
        wanted = spec.replace(folds=count, fold=fold)
        run = find(wanted, out) or train(wanted, progress, out)
        for name, task in run.summary["tasks"].items():
            rows.append((fold, name, task["metric"], task["val"], task["test"], run.path.name))
    return CrossValidation(pd.DataFrame(rows, columns=["fold", "task", "metric", "val", "test", "run"]))


def corrected_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean over K folds with the variance ``s² (1/K + 1/(K-1))``; NaN, NaN where a value is missing."""
    from scipy import stats

    K = len(values)
    if K < 2 or not np.isfinite(values).all():
        return float("nan"), float("nan")
    half = stats.t.ppf((1 + level) / 2, K - 1) * values.std(ddof=1) * np.sqrt(1 / K + 1 / (K - 1))
    return float(values.mean() - half), float(values.mean() + half)
