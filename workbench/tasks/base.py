"""What a task is: an output, a loss, metrics, and how to read a prediction."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.tasks import mixing

if TYPE_CHECKING:
    from workbench.tasks.losses.base import Loss


class Task(ABC):
    """Something to predict, with its head, its loss and its metrics.

    Targets are held *encoded* (class numbers, standardised values), ``[rows]``, or ``[rows, ...]`` where an example has
    many labels (one per word, one per pixel); a missing one is -100 (integer targets) or NaN (real ones). The loss is
    the mean over the labels that are present.

    An output is a tensor ``[batch, ...]``; where it has to be more (a decoder that is asked step by step, say) it is
    an object with a static method ``join(parts)``, which puts the outputs of several batches into one, and, where
    several predictions of the same examples may be made one, a static method ``mix(parts, weights)``.

    Args:
        name: the task's name, as specs, plots and summaries use it.
    """

    kind: ClassVar[str]
    #: what its head reads: a "vector" per example; or features with positions, of a "sequence" or a "map"
    reads: ClassVar[str] = "vector"
    #: its labels lie along the words of the text, so that they are cut where the longest sentence of a batch ends
    along_words: ClassVar[bool] = False
    #: the conventional metric of this kind of task, the one that summaries and comparisons use
    metric: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    #: quantities of this kind of task of which less is better
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"loss", "mae"})
    #: what several predictions are averaged as: "values"; or the probabilities behind logits, either of "classes" along
    #: the last axis, or of "labels" that are each yes or no
    averages: ClassVar[str] = "values"
    #: a prediction at a position may depend on earlier positions only, since a later one gives it away
    causal: ClassVar[bool] = False
    #: what a label costs, where the spec chose another loss than the task's own
    criterion: "Loss | None" = None

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def fit(self, target: Tensor) -> None:
        """Learn what encoding needs (mean and spread, say) from the raw training targets alone."""

    @abstractmethod
    def encode(self, target: Tensor) -> Tensor:
        """Raw targets ``[rows, ...]`` -> encoded targets, missing ones marked."""

    @abstractmethod
    def head(self, features: int) -> nn.Module:
        """The module that maps features to this task's output.

        It reads ``[batch, features]``, or ``Features`` where the task ``reads`` more than a vector.
        """

    @abstractmethod
    def losses(self, output: Any, target: Tensor) -> Tensor:
        """The task's own loss per label, of the shape of ``present``, 0 where the label is missing.

        Args:
            output: what the head gave.
            target: encoded targets, ``[batch, ...]``.
        """

    def each(self, output: Any, target: Tensor) -> Tensor:
        """Loss per label by the chosen loss, or by the task's own where none was chosen."""
        return self.losses(output, target) if self.criterion is None else self.criterion(output, target)

    def mean_loss(self, output: Any, target: Tensor) -> Tensor:
        """Mean of the task's own loss over a batch with no missing label: the fast path. A scalar."""
        return self.losses(output, target).mean()

    def loss(self, output: Any, target: Tensor, weights: Tensor | None = None, *, learning: bool = False) -> Tensor:
        """Sum over present labels / their number. A scalar; 0 with zero gradient where no label is present.

        Args:
            output: what the head gave.
            target: encoded targets, ``[batch, ...]``.
            weights: of the examples, ``[batch]``, at least 0: the sums are weighted with them.
            learning: go by the labels that the chosen loss trains on (for most losses all that are present, and no
                others).
        """
        if learning and self.criterion is not None:
            target = self.criterion.filled(output, target)
        losses, present = self.each(output, target), self.present(target)
        if learning and self.criterion is not None:
            present = self.criterion.kept(losses.detach(), output, target)
            losses = torch.where(present, losses, 0.0)
        if weights is None:
            return losses.sum() / present.sum().clamp(min=1)
        each = weights.view(-1, *[1] * (present.dim() - 1)) * present
        return (losses * each).sum() / each.sum().clamp(min=torch.finfo(each.dtype).tiny)

    def mix(self, outputs: Sequence[Any], weights: Tensor) -> Any:
        """Several predictions of the same examples as one output, averaged as predictions of this kind are.

        Args:
            outputs: what several heads gave.
            weights: of the predictions, ``[parts]``, at least 0, with sum 1.

        Raises:
            WorkbenchError: predictions of this task cannot be averaged.
        """
        if isinstance(outputs[0], Tensor):
            return mixing.MIXED[self.averages](outputs, weights)
        if not hasattr(outputs[0], "mix"):
            raise WorkbenchError(
                f"Task {self.name!r} ({self.kind}): several predictions cannot be made one; take a fusion with one "
                "prediction per task, such as 'shared'."
            )
        return type(outputs[0]).mix(outputs, weights)

    def spread(self, outputs: Sequence[Any]) -> Tensor:
        """How far each of several predictions lies from their mean (root mean square), ``[parts]``; NaN: no telling."""
        if isinstance(outputs[0], Tensor):
            return mixing.distances([mixing.READ[self.averages](output.float()) for output in outputs])
        return torch.full((len(outputs),), float("nan"))

    def present(self, target: Tensor) -> Tensor:
        """Which labels are there, ``bool[rows, ...]``."""
        return ~torch.isnan(target) if target.is_floating_point() else target != -100

    @abstractmethod
    def metrics(self, output: Any, target: Tensor) -> dict[str, float]:
        """Metrics over all present labels, the conventional one (``metric``) among them."""

    @abstractmethod
    def predict(self, output: Any) -> Any:
        """The prediction in the words of the raw target: class numbers, or values in their own unit. ``[batch]``."""

    def in_words(self, output: Any) -> list[Any]:
        """The prediction as one reads it, a value per example: names of classes or tags, words; else numbers."""
        return self.predict(output).tolist()

    @abstractmethod
    def describe(self) -> dict[str, object]:
        """JSON values from which the task can be shown and rebuilt: kind, classes, unit, mean and spread."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
