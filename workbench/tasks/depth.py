"""A distance per pixel."""

from typing import ClassVar

import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.tasks import metrics
from workbench.tasks.dense import Dense


class Depth(Dense):
    """A distance per pixel: absolute error of the standardised depth, over the pixels where it is known.

    Training depths are brought to mean 0 and variance 1, so that the loss of a model that knows nothing is below 1
    whatever the unit. Metrics in the raw unit, over all known pixels of the split: ``abs_error``, the mean of
    ``|d̂ - d|``, and ``rel_error``, the mean of ``|d̂ - d| / d``. (Some codes average over batches first.)

    Shapes: depths ``[rows, height, width]``, NaN where unknown, output ``[batch, h, w, 1]``.

    Args:
        name: the task's name.
        unit: the unit of the depth, for plots.

    Attributes:
        mean: of the known training depths.
        std: of the known training depths, with divisor n.
    """

    kind: ClassVar[str] = "depth"
    metric: ClassVar[str] = "abs_error"
    higher_is_better: ClassVar[bool] = False
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"loss", "abs_error", "rel_error"})
    channels = 1

    def __init__(self, name: str, unit: str = "") -> None:
        super().__init__(name)
        self.unit = unit
        self.mean, self.std = 0.0, 1.0

    def fit(self, target: Tensor) -> None:
        """Learn size, mean and spread from the raw training depths.

        Raises:
            WorkbenchError: no known depth, one that is not positive and finite, or all of them equal.
        """
        super().fit(target)
        known = target[~torch.isnan(target)].double()
        self.mean, self.std = known.mean().item(), known.std(correction=0).item()
        if bool((known == known[0]).all()) or self.std == 0:
            raise WorkbenchError(
                f"Task {self.name!r}: every known training depth is {known[0].item():g}; a constant cannot be learned."
            )

    def encode(self, target: Tensor) -> Tensor:
        """Raw depths -> standardised float32, NaN where unknown.

        Raises:
            WorkbenchError: a depth that is not positive and finite, with its row (counted from 0) and pixel.
        """
        wrong = torch.isinf(target) | (target <= 0)
        if bool(wrong.any()):
            row, y, x = wrong.nonzero()[0].tolist()
            raise WorkbenchError(
                f"Task {self.name!r}: row {row}, pixel ({y}, {x}) holds the depth {target[row, y, x].item():g}; "
                f"allowed: positive numbers, or NaN for unknown ({int(wrong.sum())} such pixels)."
            )
        return ((target - self.mean) / self.std).float()

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        present = self.present(target)
        error = self.grown(output).squeeze(-1) - torch.where(present, target, 0.0)
        return torch.where(present, error.abs(), 0.0)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``abs_error`` and ``rel_error`` over the known pixels; NaN where there is none."""
        absolute, relative, count = 0.0, 0.0, 0
        for full, depth in self.parts(output.detach(), target):
            present = self.present(depth)
            truth = depth[present].double() * self.std + self.mean
            guess = full.squeeze(-1)[present].double() * self.std + self.mean
            if len(truth) == 0:
                continue
            absolute += metrics.mae(guess, truth) * len(truth)
            relative += metrics.relative_error(guess, truth) * len(truth)
            count += len(truth)
        if count == 0:
            return {"abs_error": float("nan"), "rel_error": float("nan")}
        return {"abs_error": absolute / count, "rel_error": relative / count}

    def read(self, full: Tensor) -> Tensor:
        """Depths in the raw unit, float32 ``[batch, height, width]``."""
        return full.squeeze(-1) * self.std + self.mean

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "unit": self.unit, "mean": self.mean, "std": self.std}
