"""What came out at every share of the training rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.component import WorkbenchError, one_of, short
from workbench.runs.compare.intervals import interval, verdict
from workbench.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from workbench.plots import Figure

__all__ = ["METHODS", "LearningCurve", "outcomes"]

METHODS = ("multi-task", "single tasks")
NAN = float("nan")

#: fraction, seed and method of a run
Key = tuple[float, int, str]


class LearningCurve:
    """Multi-task learning and single tasks over the number of training rows.

    Attributes:
        frame: a row per run and task: ``fraction`` and number ``rows`` of training rows, ``method``, ``task``,
            ``metric`` (its name), ``seed``, ``val`` (of the epoch that was chosen) and ``test`` value of the metric,
            ``higher_is_better``, and ``run``, the name of the run's folder. NaN where a run failed.
        runs: (fraction, seed, method) -> run.
        rows: the same -> number of training rows.
    """

    def __init__(self, frame: "pd.DataFrame", runs: Mapping[Key, Run], rows: Mapping[Key, int]) -> None:
        self.frame, self.runs, self.rows = frame, dict(runs), dict(rows)

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks."""
        return list(self.frame["task"].unique())

    @property
    def summary(self) -> "pd.DataFrame":
        """What sharing changed: the test metric of multi-task minus that of single tasks, paired by seed.

        A row per task and fraction: ``mean`` over seeds, 95 % interval ``low`` to ``high`` (the wider of a bootstrap
        and Student's t, NaN for one seed), in units of the metric; the sign is turned where lower is better, so that
        above 0 sharing helped; ``seeds`` (pairs without a failed run) and ``verdict``. ``rows`` is the mean over seeds,
        rounded.
        """
        import pandas as pd

        found = []
        for (task, metric, fraction), part in self.frame.groupby(["task", "metric", "fraction"], sort=False):
            table = part.pivot(index="seed", columns="method", values="test")
            change = (table[METHODS[0]] - table[METHODS[1]]).dropna().to_numpy(dtype=float)
            change = change if part["higher_is_better"].iloc[0] else -change
            mean = float(change.mean()) if len(change) else NAN
            low, high = interval(change)
            rows, said = round(part["rows"].mean()), verdict(low, high, len(change))
            found.append((task, metric, fraction, rows, mean, low, high, len(change), said))
        columns = ["task", "metric", "fraction", "rows", "mean", "low", "high", "seeds", "verdict"]
        return pd.DataFrame(found, columns=columns)

    @property
    def gap(self) -> "pd.DataFrame":
        """How far each run overfitted: validation loss minus training loss at its end, the larger the more.

        A row per run and task: ``fraction``, ``rows``, ``method``, ``task``, ``seed``, ``train`` (mean training loss of
        the last epoch, each batch before its update and with dropout and augmentation if there are any), ``val`` (loss
        after the last epoch, not the one that was chosen) and ``gap = val - train``, in units of the task's loss.
        """
        import pandas as pd

        found = []
        for (fraction, seed, method), run in self.runs.items():
            for task in self.tasks:
                train, val = _last_epoch(run, task), run.records.last("val", task, "loss")
                rows = self.rows[fraction, seed, method]
                found.append((fraction, rows, method, task, seed, train, val, val - train))
        columns = ["fraction", "rows", "method", "task", "seed", "train", "val", "gap"]
        return pd.DataFrame(found, columns=columns)

    def steps_to(self, task: str, loss: float | None = None, metric: float | None = None) -> "pd.DataFrame":
        """How long each run took until a task's validation was as good as that.

        Args:
            task: whose validation is looked at.
            loss: value that the validation loss must come down to.
            metric: or value that the task's conventional metric must reach, from its worse side.

        Returns:
            A row per run: ``fraction``, ``rows``, ``method``, ``seed``, ``steps`` at the first validation that good
            (there is one before training, step 0, and one after every epoch), and ``seconds``, the part of the run's
            time that so many of its steps are, all as equally long (single tasks train side by side, so theirs is the
            time of all networks together); NaN where it was not reached.

        Raises:
            WorkbenchError: an unknown task, or not exactly one of loss and metric.
        """
        import pandas as pd

        if task not in self.tasks:
            raise WorkbenchError(f"This learning curve has no task {task!r}: {one_of(task, self.tasks)}.")
        if (loss is None) == (metric is None):
            raise WorkbenchError("steps_to needs one of loss and metric: steps_to('digit', metric=0.9), say.")
        goal = loss if metric is None else metric
        if isinstance(goal, bool) or not isinstance(goal, int | float):
            raise WorkbenchError(f"steps_to needs a number to reach, found {short(goal)}.")
        mine = self.frame[self.frame["task"] == task].iloc[0]
        quantity = "loss" if metric is None else mine["metric"]
        sign = 1 if metric is not None and mine["higher_is_better"] else -1
        found = []
        for (fraction, seed, method), run in self.runs.items():
            curve, summary = run.records.curves.get(("val", task, quantity)), run.summary
            points = zip(curve.steps, curve.values, strict=True) if curve else ()
            steps = next((float(step) for step, value in points if sign * value >= sign * goal), NAN)
            seconds = summary["seconds"] * steps / summary["steps"] if summary["steps"] else NAN
            found.append((fraction, self.rows[fraction, seed, method], method, seed, steps, seconds))
        return pd.DataFrame(found, columns=["fraction", "rows", "method", "seed", "steps", "seconds"])

    def figure(self, title: str = "Learning curves") -> "Figure":
        """Test metric over the number of training rows, a panel per task: mean of each method, and its seeds' range."""
        from workbench.plots import learning_curves

        return learning_curves(self.frame, title)

    def gains(self, title: str = "What sharing changes") -> "Figure":
        """Multi-task minus single tasks with its 95 % interval, a panel per task; see ``summary``."""
        from workbench.plots import gains

        return gains(self.summary.sort_values("rows", kind="stable").assign(method=METHODS[0]), "rows", title)

    def __repr__(self) -> str:
        return self.summary.to_string(index=False, float_format="{:.4f}".format)

    def _repr_html_(self) -> str:
        return self.summary.to_html(index=False, float_format="{:.4f}".format, na_rep="–")


def outcomes(runs: Mapping[Key, Run], rows: Mapping[Key, int]) -> "pd.DataFrame":
    """The frame of a ``LearningCurve``."""
    import pandas as pd

    found = [
        (key[0], rows[key], key[2], name, task["metric"], key[1], task["val"], task["test"])
        + (task["higher_is_better"], run.path.name)
        for key, run in runs.items()
        for name, task in run.summary["tasks"].items()
    ]
    columns = ["fraction", "rows", "method", "task", "metric", "seed", "val", "test", "higher_is_better", "run"]
    return pd.DataFrame(found, columns=columns).astype({"val": float, "test": float})


def _last_epoch(run: Run, task: str) -> float:
    """Mean training loss of the last epoch in which a task trained."""
    curve = run.records.curves.get(("train", task, "loss"))
    if curve is None:
        return NAN
    values, epochs = np.array(curve.values), np.array(curve.epochs)
    return float(values[epochs == epochs[-1]].mean())
