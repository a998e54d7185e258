"""Projecting conflicting gradients."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
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
        draws = torch.rand(K, K, generator=self.generator) if self.shuffle else torch.arange(K).repeat(K, 1) / K
        order = draws.fill_diagonal_(2.0).argsort(dim=1)[:, : K - 1].numpy()  # row i: the other tasks
        return torch.from_numpy(_projected(G.detach().to("cpu", torch.float64).numpy(), order)).to(G)


def _projected(G: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The weights ``[..., K]`` of the sum of all projected gradients."""
    diagonal = np.diagonal(G, axis1=-2, axis2=-1)
    G = G / np.maximum(diagonal.max(-1), np.finfo(float).tiny)[..., None, None]
    diagonal, everyone = np.diagonal(G, axis1=-2, axis2=-1), np.arange(G.shape[-1])
    c = np.zeros(G.shape)
    c[..., everyone, everyone] = 1.0
    cG = G.copy()  # row i holds c_iᵀG
    for j in order.T:
        dot, square = cG[..., everyone, j], diagonal[..., j]
        push = np.where((dot < 0) & (square > 0), -dot / np.where(square > 0, square, 1.0), 0.0)
        c[..., everyone, j] += push
        cG += push[..., None] * G[..., j, :]
    return c.sum(-2)
