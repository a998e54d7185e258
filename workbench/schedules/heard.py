"""Losses of the steps, collected where they are and read in one go."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from workbench.schedules.base import Schedule


class Hearing(Schedule):
    """Base of the schedules that learn from training losses; no step waits for its own."""

    memory: ClassVar[tuple[str, ...]] = ("who", "told")

    def setup(self) -> None:
        self.who: list[list[int]] = []
        self.told: list[Tensor] = []

    def watch(self, step: int, active: Sequence[int], losses: Tensor) -> None:
        self.who = [*self.who, list(active)]
        self.told = [*self.told, losses]

    def heard(self) -> list[tuple[int, float]]:
        """Task and loss, in order, of all that was told since the last time."""
        if not self.told:
            return []
        tasks = [i for active in self.who for i in active]
        losses = torch.cat([losses.to(self.told[-1]) for losses in self.told]).tolist()
        self.who, self.told = [], []
        return list(zip(tasks, losses, strict=True))
