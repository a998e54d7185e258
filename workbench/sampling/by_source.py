"""Batches of one data set each, for tasks that have data sets of their own."""

from abc import abstractmethod

import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.sampling.base import Pool, Sampling, drawn


class BySource(Sampling):
    """Base of the samplings that choose a data set for every batch.

    Every batch is full and from one data set. Within a data set examples come in random order, anew in each epoch;
    where an epoch takes more of them than there are, it starts over. Data sets without a label of any task that is
    learned are left out.
    """

    def begin(self, pool: Pool) -> None:
        found = 0 if pool.sources is None else len(pool.sources.unique())
        if found < 2:
            raise WorkbenchError(
                f"Sampling {self.name!r} chooses between data sets, but the training examples are from one; take "
                "'uniform', or put tables together (merge)."
            )

    @abstractmethod
    def turns(self, pool: Pool, counts: Tensor, generator: torch.Generator) -> Tensor:
        """The data set of each step of an epoch, ``int64[steps]``.

        Args:
            pool: the training examples.
            counts: training examples per data set, 0 for those that are left out.
            generator: of the epoch.
        """

    def order(self, pool: Pool, generator: torch.Generator) -> Tensor:
        assert pool.sources is not None
        useful = torch.stack(list(pool.labelled.values())).any(0)
        counts = torch.bincount(pool.sources)
        counts = torch.where(torch.bincount(pool.sources[useful], minlength=len(counts)) > 0, counts, 0)
        turns = self.turns(pool, counts, generator)
        batches = torch.empty(len(turns), pool.batch_size, dtype=torch.int64)
        for source in turns.unique():
            own = pool.rows[pool.sources == source]
            mine = turns == source
            needed = int(mine.sum()) * pool.batch_size
            rounds = [torch.randperm(len(own), generator=generator) for _ in range(-(-needed // len(own)))]
            batches[mine] = own[torch.cat(rounds)[:needed]].view(-1, pool.batch_size)
        return batches.flatten()


class ByShare(BySource):
    """Base of those that give each data set a share of the batches, in random order."""

    @abstractmethod
    def shares(self, pool: Pool, counts: Tensor) -> Tensor:
        """How many batches each data set gets in proportion to others, ``float[sources]``, at least 0."""

    def turns(self, pool: Pool, counts: Tensor, generator: torch.Generator) -> Tensor:
        shares = torch.where(counts > 0, self.shares(pool, counts.double()), 0.0)
        return drawn(shares, pool.steps, generator)
