"""Groups of tasks in turn, found from what their gradients have to do with each other."""

from abc import abstractmethod
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider
from workbench.cosines import cosines
from workbench.schedules.base import Roster
from workbench.schedules.looking import Looking


class Related(Looking):
    """Base of the schedules that train groups of tasks in turn and find the groups from gradient cosines.

    Every ``every`` steps the cosines of a batch enter a running mean per pair, ``c ← β c + (1 − β) cos``, freed of its
    start at 0, and groups are found anew. Such a look costs a backward pass per task. A pair that was never seen
    together counts as 0; before the first look all tasks are one group.
    """

    needs: ClassVar[str] = "gramian"
    memory: ClassVar[tuple[str, ...]] = ("sums", "parts", "found")

    beta: Annotated[
        float, Field(ge=0, lt=1, description="β: memory of the running mean of the cosines"), Slider(0, 0.99)
    ] = 0.8

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        count = len(roster.names)
        self.sums, self.parts = (torch.zeros(count, count, dtype=torch.float64) for _ in range(2))
        self.found = [list(range(count))]

    def look(self, step: int, *found: Tensor) -> None:
        now = cosines(found[0].double())
        there = now.isfinite()
        self.sums = torch.where(there, self.beta * self.sums + (1 - self.beta) * now, self.sums)
        self.parts = torch.where(there, self.beta * self.parts + (1 - self.beta), self.parts)
        self.found = self.groups_of(torch.where(self.parts > 0, self.sums / self.parts, 0.0))

    @abstractmethod
    def groups_of(self, cosines: Tensor) -> list[list[int]]:
        """Groups of positions, each ascending and none empty, in the order in which they train.

        Args:
            cosines: running means, ``float64[K, K]``, symmetric.
        """

    def active(self, step: int, tasks: int) -> list[int]:
        return self.found[step % len(self.found)]
