"""What one label costs inside a task."""

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Component, WorkbenchError, members
from workbench.tasks.base import Task

#: kinds of task whose labels are class numbers ``[...]``, from scores ``[..., classes]``
CLASSES = ("classification", "segmentation", "tagging")
#: kinds of task whose own loss per label is minus the logarithm of the probability that it was given
LIKELIHOODS = (*CLASSES, "multilabel", "language_modelling", "sequence_to_sequence")
#: kinds of task with one real number per target, from outputs ``[..., 1]``
NUMBERS = ("regression", "depth")


class Loss(Component):
    """Base of all losses: what one label costs, inside one task.

    A spec chooses it per task, ``losses={"digit": "focal"}``; a task that is not named there keeps its own loss. Two
    kinds of weight never meet: those of classes are part of the loss, those of tasks come from the weighting, which
    sees the finished loss of a task. Validation and test use the same loss, over all labels.
    """

    #: kinds of task it can be the loss of; none named: all
    fits: ClassVar[tuple[str, ...]] = ()
    #: it looks at the scores of every label by itself, so that a CRF, which scores sentences, has no use for it
    alone: ClassVar[bool] = False

    task: Task

    def bind(self, task: Task, target: Tensor) -> None:
        """Become the loss of a task.

        Args:
            task: fitted.
            target: its encoded training targets.

        Raises:
            WorkbenchError: a kind of task that the loss does not fit.
        """
        if self.fits and task.kind not in self.fits:
            able = [n for n, other in members("loss").items() if not other.fits or task.kind in other.fits]  # type: ignore[attr-defined]
            raise WorkbenchError(
                f"Loss {self.name!r} is for {', '.join(self.fits)}, but task {task.name!r} is a {task.kind}; allowed: "
                f"{', '.join(able)}."
            )
        if self.alone and getattr(task, "decoder", "softmax") != "softmax":
            raise WorkbenchError(
                f"Loss {self.name!r} looks at every word by itself, but task {task.name!r} has a CRF, which scores "
                "whole sentences; set the decoder to 'softmax'."
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

    @property
    def teacher_decay(self) -> float | None:
        """Share of the teacher, a moving average of the model, that an update leaves; None: it needs no teacher."""
        return None

    def disagreement(self, output: Any, expected: Any) -> Tensor:
        """What each example costs in training for being away from the teacher, labelled or not, ``[batch]``.

        Asked only of a loss that needs a teacher.

        Args:
            output: what the task's head gave.
            expected: what the teacher gave for the same examples, without a graph.
        """
        raise NotImplementedError

    def filled(self, output: Any, target: Tensor) -> Tensor:
        """The targets that training goes by, where a loss guesses missing ones; by default as they are.

        Args:
            output: what the task's head gave.
            target: encoded targets.
        """
        return target

    def kept(self, losses: Tensor, output: Any, target: Tensor) -> Tensor:
        """The labels that training goes by, ``bool`` of the shape of the targets; by default all that are present.

        Args:
            losses: loss per label, without its graph.
            output: what the task's head gave.
            target: encoded targets.
        """
        return self.task.present(target)

    def scores(self, output: Any) -> Tensor:
        """The numbers that the head gave, at the size of the labels: ``[..., classes]``, or ``[..., 1]``, float32."""
        if not isinstance(output, Tensor):
            output = output.emissions
        return self.task.grown(output) if hasattr(self.task, "grown") else output.float()

    def errors(self, output: Any, target: Tensor) -> Tensor:
        """Prediction minus target, 0 where it is missing, ``[...]``."""
        present = self.task.present(target)
        return torch.where(present, self.scores(output).squeeze(-1) - torch.where(present, target, 0.0), 0.0)
