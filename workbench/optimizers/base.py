"""The rule that turns a gradient into a step, and how the learning rate moves."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from workbench.component import Component


class OptimizerChoice(Component):
    """Base of the optimisers: torch's own, with its settings declared here."""

    weight_decay: float = 0.0

    @abstractmethod
    def build(self, groups: Iterable[dict[str, Any]], lr: float) -> Optimizer:
        """A torch optimiser over parameter groups, at this learning rate."""


class LearningRateSchedule(Component):
    """Base of the learning-rate schedules: torch's own, stepped after every training step."""

    @abstractmethod
    def build(self, optimizer: Optimizer, steps: int) -> LRScheduler | None:
        """A torch scheduler for a run of so many steps; None: the learning rate stays."""
