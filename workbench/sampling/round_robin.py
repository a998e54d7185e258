"""Data sets in turn."""

import torch
from torch import Tensor

from workbench.component import register
from workbench.sampling.base import Pool
from workbench.sampling.by_source import BySource


@register("sampling", "round_robin", tags=("core",))
class RoundRobin(BySource):
    """Data sets in turn: every data set gives as many batches, whatever its size.

    A small data set is repeated, a large one is seen in part. Which one begins is drawn in every epoch.
    """

    def turns(self, pool: Pool, counts: Tensor, generator: torch.Generator) -> Tensor:
        there = counts.nonzero().flatten()
        first = int(torch.randint(len(there), (), generator=generator))
        return there[(torch.arange(pool.steps) + first) % len(there)]
