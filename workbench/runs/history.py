"""What happened, as curves that grow and as one tidy frame."""

import math
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.training.records import AffinityMap, Applied, Begin, Effect, Evaluation, Inspection, Record, Step

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["step", "epoch", "split", "task", "quantity", "value"]


class Curve:
    """One quantity over steps; append-only, so another thread may read what is there."""

    __slots__ = ("epochs", "steps", "values")

    def __init__(self) -> None:
        self.steps, self.epochs, self.values = array("q"), array("q"), array("d")

    def append(self, step: int, epoch: int, value: float) -> None:
        """Add a point; the value last, so that its length never runs ahead of the steps."""
        self.steps.append(step)
        self.epochs.append(epoch)
        self.values.append(value)

    def __len__(self) -> int:
        return len(self.values)


class GradientsAt(NamedTuple):
    """What is kept of the task gradients of a step; NaN for a task that was absent.

    Attributes:
        step: the update they belong to.
        G: their Gramian, ``[K, K]``.
        losses: of the tasks, ``[K]``.
        weights: that were applied to them, ``[K]``.
    """

    step: int
    G: np.ndarray
    losses: np.ndarray
    weights: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Who moves the shared parameters: the part of each task in the update ``d = Σ w_k g_k``, ``[K]``, of sum 1.

        ``w_i ⟨g_i, d⟩ / ‖d‖²``, from the Gramian alone: ``w_i (G w)_i / wᵀ G w``. Below 0: the others move it against
        the gradient of this task. NaN for an absent task, and for all where the update is zero.
        """
        w = np.where(np.isfinite(self.weights), self.weights, 0.0)
        parts = w * (np.nan_to_num(self.G) @ w)
        total = parts.sum()
        shares = parts / total if total > 0 else np.full_like(parts, np.nan)
        return np.where(np.isfinite(self.weights), shares, np.nan)


class History:
    """All records of a run so far.

    Attributes:
        curves: (split, task, quantity) -> curve. Task is "" for what belongs to the whole run (``lr``, ``length``).
        affinities: (step, map ``[K, K]``), in order.
        layers: the same per layer, where it was measured.
        gramians: what each map was measured from, where it was recorded, in order.
        effects: what steps for one task alone did, in order.
        inspections: what the model showed of itself, in order.
        commands: that were applied, in order.
        tasks: names, in the order of the maps.
        method: the affinity measure.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.curves: dict[tuple[str, str, str], Curve] = {}
        self.affinities: list[tuple[int, np.ndarray]] = []
        self.layers: dict[str, list[tuple[int, np.ndarray]]] = {}
        self.gramians: list[GradientsAt] = []
        self.effects: list[Effect] = []
        self.inspections: list[Inspection] = []
        self.commands: list[Applied] = []
        self.tasks: tuple[str, ...] = ()
        self.method = ""
        self._step: Step | None = None
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take in one record."""
        if isinstance(record, Step):
            self._step = record
            for task, loss, weight in zip(self.tasks, record.losses, record.weights, strict=True):
                if loss == loss:  # an absent task has no point
                    self._curve("train", task, "loss").append(record.step, record.epoch, loss)
                    self._curve("train", task, "weight").append(record.step, record.epoch, weight)
            self._curve("train", "", "length").append(record.step, record.epoch, record.length)
            self._curve("train", "", "lr").append(record.step, record.epoch, record.lr)
        elif isinstance(record, Evaluation):
            for task, values in record.values.items():
                for quantity, value in values.items():
                    self._curve(record.split, task, quantity).append(record.step, record.epoch, value)
        elif isinstance(record, AffinityMap):
            self.method = record.method
            self.affinities.append((record.step, np.array(record.matrix)))
            for layer, matrix in record.layers.items():
                self.layers.setdefault(layer, []).append((record.step, np.array(matrix)))
            if record.gramian and self._step is not None:  # a map follows the record of its step
                taken = record.gramian, self._step.losses, self._step.weights
                found = GradientsAt(record.step, *map(np.array, taken))
                self.gramians.append(found)
                for task, share in zip(self.tasks, found.shares, strict=True):
                    if share == share:
                        self._curve("train", task, "share").append(record.step, record.epoch, float(share))
        elif isinstance(record, Effect):
            self.effects.append(record)
        elif isinstance(record, Inspection):
            self.inspections.append(record)
        elif isinstance(record, Applied):
            self.commands.append(record)
        elif isinstance(record, Begin):
            self.tasks = record.tasks

    def _curve(self, split: str, task: str, quantity: str) -> Curve:
        key = (split, task, quantity)
        if key not in self.curves:
            self.curves[key] = Curve()
        return self.curves[key]

    @property
    def last_step(self) -> int:
        """Updates recorded."""
        curve = self.curves.get(("train", "", "length"))
        return curve.steps[-1] if curve else 0

    def last(self, split: str, task: str, quantity: str, step: int | None = None) -> float:
        """The last value (up to a step), NaN where there is none."""
        curve = self.curves.get((split, task, quantity))
        if curve is None:
            return float("nan")
        pairs = [v for s, v in zip(curve.steps, curve.values, strict=False) if step is None or s <= step]
        return pairs[-1] if pairs else float("nan")

    def scores(self, metrics: Sequence[tuple[str, str, bool]]) -> list[tuple[int, float]]:
        """(step, score) of every validation: the mean of the tasks' metrics, each signed so that higher is better.

        Args:
            metrics: task, its conventional metric, higher_is_better.
        """
        keys = [("val", task, metric) for task, metric, _ in metrics]
        curves = [self.curves[key] for key in keys if key in self.curves]
        if len(curves) < len(keys):
            return []
        signs = [1 if higher else -1 for _, _, higher in metrics]
        return [
            (step, sum(sign * value for sign, value in zip(signs, values, strict=True)) / len(signs))
            for step, *values in zip(curves[0].steps, *(curve.values for curve in curves), strict=False)
        ]

    def best_score(self, metrics: Sequence[tuple[str, str, bool]], until: float = math.inf) -> float:
        """The best finite score up to a step, NaN where there is none.

        Args:
            metrics: as for ``scores``.
            until: the last step that counts.
        """
        finite = [score for step, score in self.scores(metrics) if step <= until and math.isfinite(score)]
        return max(finite, default=math.nan)

    def gates(self, name: str | None = None) -> "pd.DataFrame":
        """What the model showed of itself, tidy: step, epoch, name, row, column, value; of one table if it is named."""
        import pandas as pd

        cells = [
            (found.step, found.epoch, found.name, row, column, value)
            for found in list(self.inspections)
            if name is None or found.name == name
            for row, values in zip(found.rows, found.values, strict=True)
            for column, value in zip(found.columns, values, strict=True)
        ]
        return pd.DataFrame(cells, columns=["step", "epoch", "name", "row", "column", "value"])

    def frame(self) -> "pd.DataFrame":
        """Everything in one tidy frame: step, epoch, split, task, quantity, value."""
        import pandas as pd

        parts = []
        for (split, task, quantity), curve in list(self.curves.items()):
            n = len(curve)
            parts.append(
                pd.DataFrame(
                    {
                        "step": np.array(curve.steps[:n], dtype=np.int64),
                        "epoch": np.array(curve.epochs[:n], dtype=np.int64),
                        "split": split,
                        "task": task,
                        "quantity": quantity,
                        "value": np.array(curve.values[:n], dtype=np.float64),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)
