"""Balance by the neural tangent kernel."""

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.component import register
from workbench.weightings.base import GramianWeighting, Heads


@register("weighting", "ntkmtl", source="NTKMTL, NeurIPS 2025")
class NTKMTL(GramianWeighting):
    """Every task gradient is brought to their root-mean-square length.

    ``w_i = √(λ̄ / λ_i)``, where λ_i is the largest eigenvalue of task i's neural tangent kernel over n mini-batches and
    λ̄ their mean. With ``n = 1``, the default of the paper and the form here, ``λ_i = ‖g_i‖²``.

    The direction does not depend on the scale of the losses. No guarantee: ``Σ_i g_i / ‖g_i‖`` may hurt a task.
    Length: a sum. With ``gradients="representation"`` it is the paper's NTKMTL-SR, which takes n = 4. A task with a
    zero gradient has weight 1.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("ntkmtl")(torch.tensor([[1.0, 0.0], [0.0, 7.0]])).tolist()
    [2.0, 0.7559289336204529]
    """

    heads: Heads = "weighted"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        square = G.detach().double().diagonal(dim1=-2, dim2=-1)
        there = square > 0
        mean = square.mean(-1, keepdim=True)
        return torch.where(there, (mean / torch.where(there, square, 1.0)).sqrt(), 1.0).to(G.dtype)
