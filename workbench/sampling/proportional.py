"""Data sets by their size."""

from torch import Tensor

from workbench.component import register
from workbench.sampling.base import Pool
from workbench.sampling.by_source import ByShare


@register("sampling", "proportional", tags=("core",))
class Proportional(ByShare):
    """Data sets by their size: ``p_k ∝ n_k``, so that every example is seen about once per epoch.

    Unlike ``uniform``, a batch is from one data set. A data set too small for a batch per epoch gets one in some
    epochs.
    """

    def shares(self, pool: Pool, counts: Tensor) -> Tensor:
        return counts
