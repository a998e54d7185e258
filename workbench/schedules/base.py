"""Which tasks train at a step."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Component


@dataclass(frozen=True)
class Roster:
    """What a schedule is told before training starts.

    Attributes:
        names: of the tasks.
        labels: training examples with a label of each.
        steps: of the whole run.
        steps_per_epoch: of one epoch.
        seed: of the run.
        higher_is_better: whether the conventional metric of each task is.
        skills: fits linear models of all tasks and says how far they come on validation, per task, from 0 (no better
            than a constant) to 1 (no error); raises where there is none for a task.
    """

    names: Sequence[str]
    labels: Sequence[int]
    steps: int
    steps_per_epoch: int
    seed: int
    higher_is_better: Sequence[bool]
    skills: Callable[[], Sequence[float]] = tuple


class Schedule(Component):
    """Base of all schedules: picks the tasks of a step.

    A schedule may learn from what it sees: the losses of every step (``watch``), validation (``end_epoch``), and, where
    it says that it ``needs`` them and is ``due``, task gradients (``look``), which are then taken of all tasks on the
    batch of the coming step, beside that step. Everything it has learned is in ``state_dict()``; random choices follow
    from seed and step (``generator``), so that a run can be continued in the middle.
    """

    #: ``""``, ``"gramian"`` (``look`` gets JJᵀ), ``"cross_gramian"`` (the products of two halves of the batch), or
    #: ``"reference"`` (linear models, to compare with or to leave tasks to)
    needs: ClassVar[str] = ""
    #: attributes that are state: tensors on the CPU, numbers, lists of them, or lists of tensors on the device
    memory: ClassVar[tuple[str, ...]] = ()

    def begin(self, roster: Roster) -> None:
        """Look at the tasks before training starts.

        Raises:
            WorkbenchError: settings that do not fit them.
        """
        self.roster = roster

    @abstractmethod
    def active(self, step: int, tasks: int) -> Sequence[int]:
        """Positions of the tasks that train at this step, ascending, at least one.

        Args:
            step: number of the step, from 0.
            tasks: how many tasks there are.
        """

    def shares(self, step: int) -> Tensor | None:
        """Which part of the batch each task trains on, ``[K]`` with sum 1; None: every task on every example.

        The mean loss of a task is then weighted with K times its share, so that the gradient is that of the mean over
        all examples of the batch, times K.
        """
        return None

    def left_out(self) -> Sequence[int]:
        """Positions of tasks that are never trained: a linear model answers for them."""
        return []

    def due(self, step: int) -> bool:
        """Whether it wants to ``look`` before this step (from 0)."""
        return False

    def look(self, step: int, *found: Tensor) -> None:
        """Task gradients before a step, on the CPU, for all tasks; NaN rows and columns for those without labels.

        Args:
            found: the Gramian ``[K, K]``, or ``J₁J₁ᵀ``, ``J₂J₂ᵀ`` and ``J₁J₂ᵀ`` of two halves of the batch.
        """

    def watch(self, step: int, active: Sequence[int], losses: Tensor) -> None:
        """Told after every step: the losses of the tasks that took part, ``[k]``, on their device."""

    def end_epoch(self, scores: Mapping[str, Mapping[str, float]]) -> None:
        """Told at every validation: loss and metrics of every task, and ``"score"``, the conventional one."""

    def generator(self, step: int) -> torch.Generator:
        """Where the random choices of a step come from."""
        return torch.Generator().manual_seed((self.roster.seed * 1_000_003 + step * 7_919 + 12_347) % 2**63)

    def state_dict(self) -> dict[str, Any]:
        """All that it has learned."""
        return {name: getattr(self, name) for name in self.memory}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        for name in self.memory:
            value = state[name]
            setattr(self, name, value.cpu() if isinstance(value, Tensor) else value)
