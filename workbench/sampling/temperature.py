"""Data sets by a power of their size."""

from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.sampling.base import Pool
from workbench.sampling.by_source import ByShare


@register(
    "sampling", "temperature", source="Arivazhagan et al. 2019; cap: Raffel et al., JMLR 2020 (T5)", tags=("core",)
)
class Temperature(ByShare):
    """Between by size and in turn: ``p_k ∝ min(n_k, cap)^(1/T)``.

    T = 1 is ``proportional``; the larger T, the nearer to ``round_robin``. Arivazhagan et al. used T = 5 for
    multilingual translation, mT5 the exponent 0.3, which is T = 3.3; T5 the cap with T = 1.
    """

    temperature: Annotated[float, Field(ge=1, description="T: 1 by size, large: all alike"), Slider(1, 10)] = 3.3
    cap: Annotated[int | None, Field(ge=1, description="size from which data sets count alike; none: no cap")] = None

    def shares(self, pool: Pool, counts: Tensor) -> Tensor:
        return (counts if self.cap is None else counts.clamp(max=self.cap)) ** (1 / self.temperature)
