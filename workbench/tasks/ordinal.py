"""One level on a scale."""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.tasks import metrics
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification


class Thresholds(nn.Module):
    """``z_k = w·x + b_k``: one direction for all thresholds, so that their order follows from b alone."""

    def __init__(self, features: int, biases: Tensor) -> None:
        super().__init__()
        self.direction = nn.Linear(features, 1, bias=False)
        self.biases = nn.Parameter(biases.clone())

    def forward(self, x: Tensor) -> Tensor:
        return self.direction(x) + self.biases


class Ordinal(Task):
    """One level on a scale: is it above the first, above the second, …? (CORAL)

    With levels 0 … L - 1, ``P(y > k) = σ(w·x + b_k)``; the loss is the binary cross entropy of these L - 1 questions,
    averaged over them (Cao, Mirjalili & Raschka 2020, and their code, take the sum: L - 1 times as much). The
    prediction is the number of questions answered with yes. The b start at the log odds of the training levels, so a
    model that knows nothing begins with their frequencies. Metrics: ``mae``, the mean absolute error in levels,
    ``accuracy``, and ``kappa``, Cohen's with quadratic weights (0 is chance, 1 is perfect).

    Shapes: levels ``[rows]``, output ``[batch, L - 1]``.

    Args:
        name: the task's name.
        levels: their names from the lowest to the highest; a raw target is a number into this list.

    Raises:
        WorkbenchError: fewer than two levels, or one named twice.
    """

    kind: ClassVar[str] = "ordinal"
    metric: ClassVar[str] = "mae"
    averages: ClassVar[str] = "labels"
    higher_is_better: ClassVar[bool] = False

    def __init__(self, name: str, levels: Sequence[str]) -> None:
        super().__init__(name)
        self._codes = Classification(name, levels)
        self.levels = self._codes.classes
        self.biases = torch.zeros(len(self.levels) - 1)

    def fit(self, target: Tensor) -> None:
        """Learn how often each level is passed.

        Raises:
            WorkbenchError: no training label at all.
        """
        self._codes.fit(target)
        levels = self.encode(target)
        passed = self._passed(levels[self.present(levels)]).mean(dim=0)
        self.biases = torch.logit(passed, eps=1e-3)

    def encode(self, target: Tensor) -> Tensor:
        """Raw level numbers (NaN or -100 where missing) -> int64, -100 where missing.

        Raises:
            WorkbenchError: a label that is no level number, with its row (counted from 0) and the allowed range.
        """
        return self._codes.encode(target)

    def head(self, features: int) -> nn.Module:
        return Thresholds(features, self.biases)

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        losses = F.binary_cross_entropy_with_logits(output.float(), self._passed(target), reduction="none").mean(dim=1)
        return torch.where(self.present(target), losses, 0.0)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``mae``, ``accuracy`` and ``kappa`` over the present labels; NaN where undefined."""
        present = self.present(target)
        if not bool(present.any()):
            return {"mae": float("nan"), "accuracy": float("nan"), "kappa": float("nan")}
        truth, guess = target[present].cpu(), self.predict(output.detach())[present].cpu()
        count = len(self.levels)
        return {
            "mae": metrics.mae(guess.double(), truth.double()),
            "accuracy": metrics.accuracy(guess, truth, count),
            "kappa": metrics.kappa(guess, truth, count),
        }

    def predict(self, output: Tensor) -> Tensor:
        """The number of the level, int64 ``[batch]``."""
        return (output > 0).sum(dim=-1)

    def in_words(self, output: Tensor) -> list[str]:
        """The names of the predicted levels."""
        return [self.levels[number] for number in self.predict(output).tolist()]

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "levels": list(self.levels)}

    def _passed(self, levels: Tensor) -> Tensor:
        """Whether each threshold is passed, 0 or 1, ``float32[rows, L - 1]``."""
        return (levels.unsqueeze(-1) > torch.arange(len(self.levels) - 1, device=levels.device)).float()
