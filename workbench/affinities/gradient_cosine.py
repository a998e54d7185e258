"""Cosine between task gradients."""

from typing import ClassVar

from torch import Tensor

from workbench.affinities.base import FromGramian
from workbench.component import register
from workbench.cosines import cosines


@register("affinity", "gradient_cosine", source="Du et al. 2018, arXiv 1812.02224", tags=("core",))
class GradientCosine(FromGramian):
    """Do the tasks pull the shared parameters the same way?

    ``C_ij = ⟨g_i, g_j⟩ / (‖g_i‖ ‖g_j‖)``, from -1 (they fight) over 0 (they do not care) to 1 (they agree); symmetric.
    Undefined (NaN) where a gradient is zero. One batch is a noisy sample: look at the mean over many steps.
    """

    limit: ClassVar[float | None] = 1.0

    def measure(self, G: Tensor, losses: Tensor, lr: float) -> Tensor:
        return cosines(G)
