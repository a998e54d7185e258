"""Which examples make a batch."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from workbench.component import Component


@dataclass(frozen=True)
class Pool:
    """The training examples that batches are made of; all tensors on the CPU.

    Attributes:
        rows: their row numbers in the data, ``int64[n]``.
        batch_size: examples per step.
        labelled: task -> which of them have a label of it, ``bool[n]``.
        labels: task -> their class numbers, ``int64[n]``, -100 where missing; tasks with one class per example only.
        sources: the data set that each is from, ``int64[n]``, where several were put together.
        source_names: of these data sets, by number.
    """

    rows: Tensor
    batch_size: int
    labelled: dict[str, Tensor] = field(default_factory=dict)
    labels: dict[str, Tensor] = field(default_factory=dict)
    sources: Tensor | None = None
    source_names: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.rows) // self.batch_size)


class Sampling(Component):
    """Base of all samplings: says which training examples an epoch takes, and in which order.

    An epoch has as many steps as it takes to see as many examples as there are, whatever the policy. What a policy
    learns while training is told to it at the end of an epoch, and is all its state: within an epoch the order follows
    from the state, the seed and the epoch's number, so that a run can be continued in the middle of one.
    """

    def begin(self, pool: Pool) -> None:
        """Look at the data before training.

        Raises:
            WorkbenchError: data that the policy cannot work with.
        """

    @abstractmethod
    def order(self, pool: Pool, generator: torch.Generator) -> Tensor:
        """The rows of one epoch in the order they are taken, cut into batches of ``pool.batch_size`` from the start.

        Args:
            pool: the training examples.
            generator: seeded from the run's seed and the epoch.

        Returns:
            row numbers, ``int64``, enough for ``pool.steps`` batches (the last may be smaller).
        """

    def end_epoch(self, pool: Pool, losses: dict[str, float], each: Callable[[], Tensor]) -> None:
        """Told after every epoch.

        Args:
            pool: the training examples.
            losses: mean training loss per task in the epoch, NaN where a task was absent.
            each: gives the loss per example with the model as it is now, ``float[n]`` on the CPU; costs a forward
                pass over the training split.
        """

    def state_dict(self) -> dict[str, Any]:
        """All that ``end_epoch`` has taught, as tensors and numbers."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""


def drawn(weights: Tensor, count: int, generator: torch.Generator, strata: Tensor | None = None) -> Tensor:
    """Positions drawn with replacement, each with a probability in proportion to its weight: ``int64[count]``.

    Drawn systematically and then shuffled: how often a position is drawn, or a stratum as a whole, differs from its
    expectation by less than 1.

    Args:
        weights: at least 0, one of them above.
        count: how many to draw.
        generator: of the draw.
        strata: a number per position.
    """
    places = torch.randperm(len(weights), generator=generator)
    if strata is not None:
        places = places[strata[places].argsort(stable=True)]
    ends = weights.double()[places].cumsum(0)
    ticks = (torch.arange(count) + torch.rand((), generator=generator, dtype=torch.float64)) * (ends[-1] / count)
    found = places[torch.searchsorted(ends, ticks, right=True).clamp(max=len(weights) - 1)]
    return found[torch.randperm(count, generator=generator)]
