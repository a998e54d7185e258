"""How alike task gradients are in length."""

from typing import ClassVar

import torch
from torch import Tensor

from workbench.affinities.base import FromGramian
from workbench.component import register


@register("affinity", "magnitude_similarity", source="Yu et al., NeurIPS 2020 (PCGrad), definition 2")
class MagnitudeSimilarity(FromGramian):
    """Are the task gradients of the same length, or does one drown the other?

    ``Φ_ij = 2 ‖g_i‖ ‖g_j‖ / (‖g_i‖² + ‖g_j‖²)``, from 0 (one is negligible) to 1 (equally long); symmetric. It says
    nothing of the direction. Undefined (NaN) where both gradients are zero.
    """

    limit: ClassVar[float | None] = 1.0

    def measure(self, G: Tensor, losses: Tensor, lr: float) -> Tensor:
        norms = G.diagonal().clamp(min=0).sqrt()
        largest = torch.maximum(norms[:, None], norms[None, :])
        a, b = norms[:, None] / largest, norms[None, :] / largest  # in [0, 1]: no square overflows
        return 2 * a * b / (a.square() + b.square())
