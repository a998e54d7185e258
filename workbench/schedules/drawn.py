"""Tasks drawn by probability."""

from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError
from workbench.schedules.base import Roster, Schedule


class Drawn(Schedule):
    """Base of the schedules that draw the tasks of a step, each with a probability of its own.

    Several tasks are drawn one after the other without putting back; with as many as there are, all train always. A
    task whose labels are all missing in the batch trains on nothing; where that holds for all that were drawn, the
    step is skipped.
    """

    tasks_per_step: Annotated[int, Field(ge=1, description="tasks that train at a step"), Slider(1, 8)] = 1

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        if self.tasks_per_step > len(roster.names):
            raise WorkbenchError(
                f"Schedule {self.name!r}: tasks_per_step = {self.tasks_per_step}, but there are {len(roster.names)} "
                f"tasks; at most {len(roster.names)}."
            )

    @abstractmethod
    def probabilities(self, step: int) -> Tensor:
        """Probability of each task, ``[K]``, at least 0 with sum 1."""

    def active(self, step: int, tasks: int) -> list[int]:
        p = self.probabilities(step)
        count = min(self.tasks_per_step, int((p > 0).sum()))
        return sorted(torch.multinomial(p, count, generator=self.generator(step)).tolist())


class BySize(Drawn):
    """Base of those that go by the number of training examples that have a label of the task."""

    @abstractmethod
    def sizes(self, labels: Tensor, step: int) -> Tensor:
        """What probabilities are in proportion to, ``[K]``.

        Args:
            labels: number of labels of each task, ``float64[K]``, at least 1.
            step: from 0.
        """

    def probabilities(self, step: int) -> Tensor:
        labels = torch.tensor(self.roster.labels, dtype=torch.float64)
        found = torch.where(labels > 0, self.sizes(labels.clamp(min=1), step), 0.0)
        return found / found.sum()
