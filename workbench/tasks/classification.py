"""One class out of several."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.tasks import metrics
from workbench.tasks.base import Task


class Classification(Task):
    """One class out of several: cross entropy, in nats.

    The loss of an example with logits z and class y is ``-log softmax(z)_y``; a model that knows nothing scores
    ``log(classes)``. Metrics: ``accuracy``, and ``f1``, the unweighted mean over classes of ``2 TP / (2 TP + FP +
    FN)``; a class that is neither present nor predicted is left out of that mean; with two classes also ``auc``, the
    probability that an example of the second class scores higher than one of the first (0.5: chance).

    Args:
        name: the task's name.
        classes: the names of the classes; a raw target is a number into this list.

    Raises:
        WorkbenchError: fewer than two classes, or a class named twice.
    """

    kind = "classification"
    metric = "accuracy"
    averages = "classes"

    def __init__(self, name: str, classes: Sequence[str]) -> None:
        super().__init__(name)
        self.classes = [str(label) for label in classes]
        if len(self.classes) < 2:
            raise WorkbenchError(f"Task {name!r} has the classes {self.classes}; a classification needs two at least.")
        twice = sorted({label for label in self.classes if self.classes.count(label) > 1})
        if twice:
            raise WorkbenchError(f"Task {name!r} names these classes more than once: {', '.join(twice)}.")

    def fit(self, target: Tensor) -> None:
        """Checks that a training label is there; there is nothing to learn.

        Raises:
            WorkbenchError: no training label at all.
        """
        if not bool(self.present(self.encode(target)).any()):
            raise WorkbenchError(f"Task {self.name!r}: all {len(target)} training labels are missing.")

    def encode(self, target: Tensor) -> Tensor:
        """Raw class numbers ``[rows]`` (NaN or -100 where missing) -> int64, -100 where missing.

        Raises:
            WorkbenchError: a label that is no class number, with its row (counted from 0) and the allowed range.
        """
        present = self.present(target)
        top = len(self.classes) - 1
        wrong = present & ~((target >= 0) & (target <= top) & (target == target.round()))
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise WorkbenchError(
                f"Task {self.name!r}: row {row} holds the label {target[row].item():g}; allowed: 0 … {top}, or -100 or "
                f"NaN for missing ({int(wrong.sum())} such rows)."
            )
        return torch.where(present, target, -100).to(torch.int64)

    def present(self, target: Tensor) -> Tensor:
        present = target != -100
        return present & ~torch.isnan(target) if target.is_floating_point() else present

    def head(self, features: int) -> nn.Module:
        return nn.Linear(features, len(self.classes))

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output.float(), target, reduction="none", ignore_index=-100)

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(output.float(), target)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``accuracy``, macro ``f1`` and, with two classes, ``auc`` over the present labels; NaN where there is none.

        ``auc`` is NaN, too, where only one of the classes is present.
        """
        output, target = output.detach().cpu(), target.cpu()
        present = self.present(target)
        count = len(self.classes)
        if not bool(present.any()):
            return dict.fromkeys(["accuracy", "f1", *["auc"] * (count == 2)], float("nan"))
        truth, guess = target[present], output[present].argmax(dim=-1)
        found = {"accuracy": metrics.accuracy(guess, truth, count), "f1": metrics.f1(guess, truth, count)}
        if count == 2:
            scores = output[present].double()
            found["auc"] = metrics.auc(scores[:, 1] - scores[:, 0], truth)
        return found

    def predict(self, output: Tensor) -> Tensor:
        """The number of the likeliest class, int64 ``[batch]``; ``classes`` has the names."""
        return output.argmax(dim=-1)

    def in_words(self, output: Tensor) -> list[str]:
        """The names of the likeliest classes."""
        return [self.classes[number] for number in self.predict(output).tolist()]

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name, "classes": list(self.classes)}
