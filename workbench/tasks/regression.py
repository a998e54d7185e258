"""One number."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.tasks import metrics
from workbench.tasks.base import Task


class Regression(Task):
    """One number: squared error on the standardised target.

    Training targets are brought to mean 0 and variance 1, so a model that knows nothing has a loss near 1 whatever the
    unit. Metrics: ``r2`` (1 - squared error / variance; 1 is perfect, 0 is the mean) and ``mae``, the mean absolute
    error in the raw unit.

    Args:
        name: the task's name.
        unit: the raw target's unit, for plots.

    Attributes:
        mean: of the raw training targets.
        std: of the raw training targets, with divisor n.
    """

    kind = "regression"
    metric = "r2"

    def __init__(self, name: str, unit: str = "") -> None:
        super().__init__(name)
        self.unit = unit
        self.mean = 0.0
        self.std = 1.0

    def fit(self, target: Tensor) -> None:
        """Learn mean and spread of the raw training targets ``[rows]``, NaN where missing.

        Raises:
            WorkbenchError: no training target, one that is not finite, or all of them equal.
        """
        self._check_finite(target)
        known = target[self.present(target)].double()
        if len(known) == 0:
            raise WorkbenchError(f"Task {self.name!r}: all {len(target)} training targets are missing.")
        self.mean, self.std = known.mean().item(), known.std(correction=0).item()
        if bool((known == known[0]).all()) or self.std == 0:
            raise WorkbenchError(
                f"Task {self.name!r}: all {len(known)} training targets are {known[0].item():g}; a constant cannot be "
                "learned: leave the task out."
            )

    def encode(self, target: Tensor) -> Tensor:
        """Raw targets ``[rows]`` -> standardised float32, NaN where missing.

        Raises:
            WorkbenchError: an infinite target, with its row (counted from 0).
        """
        self._check_finite(target)
        return ((target.double() - self.mean) / self.std).float()

    def head(self, features: int) -> nn.Module:
        return nn.Linear(features, 1)

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        present = self.present(target)
        known = torch.where(present, target, 0.0)
        return torch.where(present, (output.float().squeeze(-1) - known).square(), 0.0)

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(output.float().squeeze(-1), target)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``r2`` and ``mae`` over the present targets; NaN where undefined (no row; for r2 also a constant target)."""
        output, target = output.detach().cpu(), target.cpu()
        present = self.present(target)
        if not bool(present.any()):
            return {"r2": float("nan"), "mae": float("nan")}
        guess, truth = output[present].double().squeeze(-1), target[present].double()
        return {"r2": metrics.r2(guess, truth), "mae": metrics.mae(guess, truth) * self.std}

    def predict(self, output: Tensor) -> Tensor:
        """Values in the raw unit, float32 ``[batch]``."""
        return output.float().squeeze(-1) * self.std + self.mean

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "unit": self.unit, "mean": self.mean, "std": self.std}

    def _check_finite(self, target: Tensor) -> None:
        wrong = torch.isinf(target) if target.is_floating_point() else torch.zeros_like(target, dtype=torch.bool)
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise WorkbenchError(
                f"Task {self.name!r}: row {row} holds the target {target[row].item()}; allowed: any finite number, or "
                "NaN for missing."
            )
