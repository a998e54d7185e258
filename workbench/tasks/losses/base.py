"""What one label costs inside a task."""

from abc import abstractmethod
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import Component, WorkbenchError, members
from workbench.tasks.base import Task

#: kinds of task whose output is logits ``[..., classes]`` and whose targets are class numbers ``[...]``
CLASSES = ("classification", "segmentation")
#: kinds of task whose output is one number per target, ``[..., 1]``
NUMBERS = ("regression", "depth")


class Loss(Component):
    """Base of all losses: what one label costs, inside one task.

    A spec chooses it per task, ``losses={"digit": "focal"}``; a task that is not named there keeps its own loss. Two
    kinds of weight never meet: those of classes are part of the loss, those of tasks come from the weighting, which
    sees the finished loss of a task. Validation and test use the same loss, over all labels.
    """

    #: kinds of task it can be the loss of
    fits: ClassVar[tuple[str, ...]] = ()

    task: Task

    def bind(self, task: Task, target: Tensor) -> None:
        """Become the loss of a task.

        Args:
            task: fitted.
            target: its encoded training targets.

        Raises:
            WorkbenchError: a kind of task that the loss does not fit.
        """
        if task.kind not in self.fits:
            able = [name for name, other in members("loss").items() if task.kind in other.fits]  # type: ignore[attr-defined]
            raise WorkbenchError(
                f"Loss {self.name!r} is for {' and '.join(self.fits)}, but task {task.name!r} is a {task.kind}; "
                f"allowed: {', '.join(able) or 'its own loss only: leave it out of losses'}."
            )
        self.task = task
        self.learn(target[task.present(target)])
        task.criterion = self

    def learn(self, target: Tensor) -> None:
        """Learn what the loss needs (how frequent classes are, say) from the present training targets alone."""

    def enter(self, epoch: int) -> None:
        """Told before every epoch, counted from 0; whatever changes with time is a function of it."""

    @abstractmethod
    def __call__(self, output: Any, target: Tensor) -> Tensor:
        """Loss per label, 0 where the label is missing.

        Args:
            output: what the task's head gave.
            target: encoded targets, ``[batch, ...]``.
        """

    def kept(self, losses: Tensor, output: Any, target: Tensor) -> Tensor:
        """The labels that training goes by, ``bool`` of the shape of the targets; by default all that are present.

        Args:
            losses: loss per label, without its graph.
            output: what the task's head gave.
            target: encoded targets.
        """
        return self.task.present(target)


def nats(output: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross entropy per label in nats, 0 where it is missing: ``[..., classes]`` and ``[...]`` -> ``[...]``."""
    flat = F.cross_entropy(
        output.float().flatten(0, -2), target.flatten(), reduction="none", ignore_index=-100, label_smoothing=smoothing
    )
    return flat.view(target.shape)


def errors(output: Tensor, target: Tensor) -> Tensor:
    """Prediction minus target, 0 where it is missing: ``[..., 1]`` and ``[...]`` -> ``[...]``."""
    present = ~torch.isnan(target)
    return torch.where(present, output.float().squeeze(-1) - torch.where(present, target, 0.0), 0.0)
