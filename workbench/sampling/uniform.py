"""Every example once per epoch."""

import torch
from torch import Tensor

from workbench.component import register
from workbench.sampling.base import Pool, Sampling


@register("sampling", "uniform", tags=("core",))
class Uniform(Sampling):
    """Every training example once per epoch, in random order."""

    def order(self, pool: Pool, generator: torch.Generator) -> Tensor:
        return pool.rows[torch.randperm(len(pool), generator=generator)]
