"""K-fold cross-validation: every row is tested once, by a model that has not seen it."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from workbench.component import WorkbenchError
from workbench.runs.arguments import check_rates, check_spec
from workbench.runs.run import Run
from workbench.runs.scores import kept_score
from workbench.runs.sweep.scheduler import here_unless, sweep
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

#: folds where neither the call nor the spec says how many
FOLDS = 5


class CrossValidation:
    """The folds of a spec side by side.

    Attributes:
        frame: one row per fold and task: ``fold``, ``task``, ``metric``, ``val``, ``test``, ``lr`` (the learning rate
            of the fold, chosen if there were several), and ``run``, the name of the run's folder.
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
    spec: Spec,
    folds: int | None = None,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
    lrs: Iterable[float] | None = None,
    executor: Executor | str | None = None,
    workers: int | None = None,
) -> CrossValidation:
    """Train a spec once per fold; nested where a learning rate is to be chosen.

    The *examples* are cut into ``folds`` parts by the spec's seed, for all tasks at once, so that no task trains on an
    example on which another one is tested. The parts are stratified by the joint label of the classification tasks
    where every combination is frequent enough, else by the first such task that is; where the problem knows groups (a
    pupil, a patient), the rows of one stay together. Each part is the test split once; validation rows
    (``val_fraction`` of all) are taken from the rest in the same way, and choose the epoch as always. All runs go
    through ``wb.sweep``, so that finished ones in the store are used again.

    With ``lrs`` every fold is trained with each of them. The validation rows of the fold (inner) choose one, the test
    rows (outer) have no say, and what they measure is the whole procedure, choosing included. (Choosing by the mean
    over the test parts would flatter it.) Different folds may choose differently: ``frame`` tells. A rate at which
    training fails (the loss became infinite, say) is not chosen.

    Args:
        spec: what to train.
        folds: K, at least 2; by default the spec's, else 5.
        progress: show a progress bar of runs.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.
        lrs: learning rates to choose from; default: that of the spec.
        executor, workers: as for ``wb.sweep``; default: one run after the other in this process.

    Raises:
        WorkbenchError: a number of folds or learning rates that are not allowed, fewer rows or groups than folds, a
            problem that brings its own test split, or a fold at which training failed with every rate; as ``wb.sweep``.
    """
    import pandas as pd

    check_spec("cross_validate", spec)
    count = folds if folds is not None else spec.folds if spec.folds is not None else FOLDS
    first = spec.replace(folds=count, fold=0)  # a number of folds that is none is said by the spec
    rates = [spec.lr] if lrs is None else check_rates("cross_validate", lrs)
    specs = [first.replace(fold=fold, lr=lr) for fold in range(count) for lr in rates]
    runs = sweep(specs, here_unless(executor, workers), workers=workers, progress=progress, out=out)
    rows = []
    for fold in range(count):
        run = chosen(runs[fold * len(rates) : (fold + 1) * len(rates)])
        for name, task in run.summary["tasks"].items():
            rows.append((fold, name, task["metric"], task["val"], task["test"], run.spec.lr, run.path.name))
    return CrossValidation(pd.DataFrame(rows, columns=["fold", "task", "metric", "val", "test", "lr", "run"]))


def chosen(runs: list[Run]) -> Run:
    """The run of a fold whose kept model validates best, the first of equal ones; one without a score is chosen last.

    Raises:
        WorkbenchError: all of them failed.
    """
    done = [run for run in runs if run.summary["status"] != "failed"]
    if not done:
        first = runs[0]
        raise WorkbenchError(f"cross_validate: fold {first.spec.fold} could not be trained: {first.summary['reason']}")
    return max(done, key=kept_score)


def corrected_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean over K folds with the variance ``s² (1/K + 1/(K-1))``; NaN, NaN where a value is missing."""
    from scipy import stats

    K = len(values)
    if K < 2 or not np.isfinite(values).all():
        return float("nan"), float("nan")
    half = stats.t.ppf((1 + level) / 2, K - 1) * values.std(ddof=1) * np.sqrt(1 / K + 1 / (K - 1))
    return float(values.mean() - half), float(values.mean() + half)
