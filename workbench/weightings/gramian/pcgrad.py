"""Projecting conflicting gradients."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, register
from workbench.weightings.base import GramianWeighting, Heads


@register("weighting", "pcgrad", source="Yu et al., NeurIPS 2020, arXiv 2001.06782", tags=("core",))
class PCGrad(GramianWeighting):
    """Each task's gradient loses the part that points against another task's.

    For every task i, starting from ``g = g_i``, for the other tasks j in random order: where ``⟨g, g_j⟩ < 0``,
    ``g ← g − ⟨g, g_j⟩/‖g_j‖² · g_j``; the update is the sum over i. With ``g = Jᵀc`` this needs only ``G``:
    ``c ← e_i``; where ``(cᵀG)_j < 0``: ``c_j ← c_j − (cᵀG)_j / G_jj``; ``w = Σ_i c``.

    Weights are at least 1. For K = 2 in conflict ``w_i = 1 − G_12/G_ii``, and no task is hurt; for K > 2 the last
    projection may undo an earlier one. Length: a sum, as in the paper's Algorithm 1. LibMTL's inner loop also
    includes ``j = i`` (without effect).

    >>> import torch, workbench as wb
    >>> wb.weightings.get("pcgrad")(torch.tensor([[1.0, -0.5], [-0.5, 1.0]])).tolist()
    [1.5, 1.5]
    """

    memory: ClassVar[tuple[str, ...]] = ("generator",)

    heads: Heads = "own"
    shuffle: Annotated[bool, Field(description="take the other tasks in random order, as the paper does")] = True

    def reset(self, seed: int = 0) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        K = G.shape[-1]
        G64 = G.double()
        G64 = G64 / G64.diagonal(dim1=-2, dim2=-1).amax(-1).clamp(min=torch.finfo(torch.float64).tiny)[..., None, None]
        c = torch.eye(K, dtype=torch.float64, device=G.device).expand_as(G64).clone()
        cG = G64.clone()  # row i holds c_iᵀG
        diagonal = G64.diagonal(dim1=-2, dim2=-1)
        draws = torch.rand(K, K, generator=self.generator) if self.shuffle else torch.arange(K).expand(K, K) / K
        draws = draws.fill_diagonal_(2.0) if self.shuffle else draws.clone().fill_diagonal_(2.0)
        order = draws.argsort(dim=1)[:, : K - 1].to(G.device)  # row i: the other tasks
        for j in order.T:
            dot = cG.gather(-1, j[:, None].expand(cG.shape[:-1] + (1,)))[..., 0]
            square = diagonal[..., j]
            push = torch.where((dot < 0) & (square > 0), -dot / square.clamp(min=torch.finfo(torch.float64).tiny), 0.0)
            c.scatter_add_(-1, j[:, None].expand(c.shape[:-1] + (1,)), push[..., None])
            cG = cG + push[..., None] * G64[..., j, :]
        return c.sum(-2).to(G.dtype)
