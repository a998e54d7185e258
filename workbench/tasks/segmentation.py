"""One class per pixel."""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.tasks import metrics
from workbench.tasks.classification import Classification
from workbench.tasks.dense import Dense


class Segmentation(Dense):
    """One class per pixel: cross entropy, in nats, over the pixels that have a label.

    Metrics, from one table of truth and prediction over all pixels of the split (torchmetrics' confusion matrix, a few
    images at a time; its other functions want all of them at once): ``miou``, the unweighted mean over classes of ``TP
    / (TP + FP + FN)``, and ``pixel_accuracy``. A class that is neither present nor predicted is left out of the mean.
    (Some codes average the measure over images instead: other numbers.)

    Shapes: labels ``[rows, height, width]``, output ``[batch, h, w, classes]``.

    Args:
        name: the task's name.
        classes: the names of the classes; a raw label is a number into this list, -100 where missing.

    Raises:
        WorkbenchError: fewer than two classes, or a class named twice.
    """

    kind: ClassVar[str] = "segmentation"
    metric: ClassVar[str] = "miou"
    averages: ClassVar[str] = "classes"

    def __init__(self, name: str, classes: Sequence[str]) -> None:
        super().__init__(name)
        self.classes = Classification(name, classes).classes
        self.channels = len(self.classes)

    def encode(self, target: Tensor) -> Tensor:
        """Raw class numbers (NaN or -100 where missing) -> int16, -100 where missing.

        Raises:
            WorkbenchError: a label that is no class number, with its row (counted from 0), pixel and the allowed range.
        """
        missing = target == -100
        if target.is_floating_point():
            missing |= torch.isnan(target)
        top = self.channels - 1
        wrong = ~missing & ~((target >= 0) & (target <= top) & (target == target.round()))
        if bool(wrong.any()):
            row, y, x = wrong.nonzero()[0].tolist()
            raise WorkbenchError(
                f"Task {self.name!r}: row {row}, pixel ({y}, {x}) holds the label {target[row, y, x].item():g}; "
                f"allowed: 0 … {top}, or -100 or NaN for missing ({int(wrong.sum())} such pixels)."
            )
        return target.masked_fill(missing, -100).to(torch.int16)

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        logits = self.grown(output).movedim(-1, 1)
        return F.cross_entropy(logits, target.long(), reduction="none", ignore_index=-100)

    def loss(self, output: Tensor, target: Tensor, weights: Tensor | None = None, *, learning: bool = False) -> Tensor:
        return super().loss(output, target.long(), weights, learning=learning)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``miou`` and ``pixel_accuracy`` over the pixels with a label; NaN where there is none."""
        count = self.channels
        pairs = torch.zeros(count, count, dtype=torch.int64, device=target.device)
        for full, labels in self.parts(output.detach(), target):
            present = self.present(labels)
            pairs += metrics.counts(full.argmax(dim=-1)[present], labels[present], count)
        table = pairs.double().cpu()
        if not bool(table.any()):
            return {"miou": float("nan"), "pixel_accuracy": float("nan")}
        hits = table.diagonal()
        union = table.sum(0) + table.sum(1) - hits
        seen = union > 0
        return {
            "miou": float((hits[seen] / union[seen]).mean()),
            "pixel_accuracy": float(hits.sum() / table.sum()),
        }

    def read(self, full: Tensor) -> Tensor:
        """The number of the likeliest class, int64 ``[batch, height, width]``."""
        return full.argmax(dim=-1)

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "classes": list(self.classes)}
