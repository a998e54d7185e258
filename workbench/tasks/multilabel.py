"""Several yes-or-no labels at once."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.tasks import metrics
from workbench.tasks.base import Task


class MultiLabel(Task):
    """Several yes-or-no labels at once: binary cross entropy per label, in nats.

    ``ℓ = -y log σ(z) - (1 - y) log(1 - σ(z))``, averaged over the labels that are present; a model that knows nothing
    scores ``log 2``. Metrics, each the unweighted mean over labels:
    ``average_precision`` (over labels with at least one yes), ``auc``, the area under the ROC curve (over labels with
    both a yes and a no), and ``f1`` at the threshold ½ (over labels that are present or predicted somewhere).

    Shapes: targets ``[rows, labels]``, output (logits) ``[batch, labels]``.

    Args:
        name: the task's name.
        labels: their names.

    Raises:
        WorkbenchError: no label, or one named twice.
    """

    kind: ClassVar[str] = "multilabel"
    metric: ClassVar[str] = "average_precision"
    averages: ClassVar[str] = "labels"

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        super().__init__(name)
        self.labels = [str(label) for label in labels]
        twice = sorted({label for label in self.labels if self.labels.count(label) > 1})
        if twice or not self.labels:
            found = f"names these labels more than once: {', '.join(twice)}" if twice else "has no labels"
            raise WorkbenchError(f"Task {name!r} {found}.")

    def fit(self, target: Tensor) -> None:
        """Checks that training labels are there; there is nothing to learn.

        Raises:
            WorkbenchError: labels of which no training row knows anything.
        """
        unknown = (~self.present(self.encode(target)).any(dim=0)).tolist()
        if any(unknown):
            names = ", ".join(label for label, missing in zip(self.labels, unknown, strict=True) if missing)
            raise WorkbenchError(f"Task {self.name!r}: all {len(target)} training rows lack the labels {names}.")

    def encode(self, target: Tensor) -> Tensor:
        """Raw labels 0 and 1 (NaN or -100 where missing) -> float32, NaN where missing.

        Raises:
            WorkbenchError: another number of labels; or a label that is neither 0 nor 1, with its row (counted from 0).
        """
        if target.dim() != 2 or target.shape[1] != len(self.labels):
            raise WorkbenchError(
                f"Task {self.name!r}: targets should be [rows, {len(self.labels)}], found {list(target.shape)}."
            )
        values = target.float().masked_fill(target == -100, torch.nan)
        wrong = ~torch.isnan(values) & (values != 0) & (values != 1)
        if bool(wrong.any()):
            row, column = wrong.nonzero()[0].tolist()
            raise WorkbenchError(
                f"Task {self.name!r}: row {row}, label {self.labels[column]!r} holds {target[row, column].item():g}; "
                f"allowed: 0 or 1, or -100 or NaN for missing ({int(wrong.sum())} such labels)."
            )
        return values

    def head(self, features: int) -> nn.Module:
        return nn.Linear(features, len(self.labels))

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        present = self.present(target)
        known = torch.where(present, target, 0.0)
        losses = F.binary_cross_entropy_with_logits(output.float(), known, reduction="none")
        return torch.where(present, losses, 0.0)

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(output.float(), target)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """Average precision, area under the curve and F1; NaN where no label allows one."""
        scores, truth, present = output.detach().float().cpu(), target.cpu(), self.present(target).cpu()

        def mean(metric: Callable[[Tensor, Tensor], float], guess: Tensor) -> float:
            columns = zip(guess.T, truth.T, present.T, strict=True)
            found = [metric(z[there], y[there].long()) for z, y, there in columns if bool(there.any())]
            return float(torch.tensor(found, dtype=torch.float64).nanmean())

        return {
            "average_precision": mean(metrics.average_precision, scores),
            "auc": mean(metrics.auc, scores),
            "f1": mean(metrics.label_f1, (scores > 0).long()),
        }

    def predict(self, output: Tensor) -> Tensor:
        """0 or 1 per label, int64 ``[batch, labels]``."""
        return (output > 0).long()

    def in_words(self, output: Tensor) -> list[list[str]]:
        """The names of the labels that are predicted."""
        rows = self.predict(output).bool().tolist()
        return [[label for label, there in zip(self.labels, row, strict=True) if there] for row in rows]

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "labels": list(self.labels)}
