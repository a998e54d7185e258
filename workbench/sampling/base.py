"""Which examples make a batch."""

from abc import abstractmethod

import torch
from torch import Tensor

from workbench.component import Component


class Sampling(Component):
    """Base of all samplings: orders the training rows of an epoch."""

    @abstractmethod
    def order(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        """The rows of one epoch in the order they are taken.

        Args:
            rows: training rows, on the CPU.
            generator: seeded from the run's seed and the epoch, so that an epoch can be entered again in the middle.
        """
