"""Every example once per epoch."""

import torch
from torch import Tensor

from workbench.component import register
from workbench.sampling.base import Sampling


@register("sampling", "uniform", tags=("core",))
class Uniform(Sampling):
    """Every training example once per epoch, in random order."""

    def order(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        return rows[torch.randperm(len(rows), generator=generator)]
