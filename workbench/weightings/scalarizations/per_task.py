"""What scalarizations with a number per task share."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from workbench.component import Field
from workbench.weightings.base import Preference, Scalarization


def smallest(losses: Tensor) -> float:
    """The smallest ordinary positive number of the losses' type: below it, a loss counts as zero."""
    return torch.finfo(losses.dtype).tiny


def moved(mean: Tensor, deviation: Tensor, value: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation after one more value: the old ones count ``keep``, the value ``1 - keep``.

    Equal to ``√(E[x²] - E[x]²)`` of the same averages, without its cancellation and its overflow. ``keep = (n-1)/n``
    gives the plain mean and the population's deviation.
    """
    step = value - mean
    spread = torch.hypot(deviation, (1 - keep).sqrt() * step)
    return mean + (1 - keep) * step, keep.sqrt() * spread


class PerTask(Scalarization):
    """A scalarization with numbers per task; not told the tasks, it takes them from the first losses it sees."""

    device: Any = "cpu"

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        self.device = device
        super().bind(names, seed, device)

    def mentioned(self) -> list[str]:
        """Task names that the settings mention, in order."""
        return []

    def at(self, losses: Tensor, tasks: Sequence[int] | None) -> slice | list[int]:
        """The places of these losses among all tasks (memory indexed by it may be a view: write it last)."""
        if not self.names:
            names = [*self.mentioned(), *map(str, range(len(losses)))][: len(losses)]
            self.bind(names, device=losses.device)
        return slice(None) if tasks is None else list(tasks)

    def full(self, value: float) -> Tensor:
        """The same number for every task."""
        return torch.full((len(self.names),), value, device=self.device)

    def named(self, values: Mapping[str, float], otherwise: float, what: str) -> Tensor:
        """One number per task, by name.

        Raises:
            WorkbenchError: a name is no task.
        """
        self.check_names(values, f"Weighting {self.name!r}: {what}")
        return torch.tensor([float(values.get(name, otherwise)) for name in self.names], device=self.device)


class Preferred(PerTask):
    """A scalarization steered by a preference: one importance per task, scaled to sum 1."""

    preference: Preference = {}  # noqa: RUF012 (pydantic copies it)

    def mentioned(self) -> list[str]:
        return list(self.preference)

    def reset(self, seed: int = 0) -> None:
        values = self.named(self.preference, 1.0, "preference")
        self.importance = values / values.sum()


class Aimed(Preferred):
    """The same with an ideal point, from which the losses are measured."""

    ideal: Annotated[
        dict[str, float], Field(description="task name -> best loss it can reach, z*; 0 where not named")
    ] = {}  # noqa: RUF012

    def mentioned(self) -> list[str]:
        return list(dict.fromkeys([*self.preference, *self.ideal]))

    def reset(self, seed: int = 0) -> None:
        super().reset(seed)
        self.best = self.named(self.ideal, 0.0, "ideal")
