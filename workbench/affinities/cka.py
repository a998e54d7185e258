"""Linear CKA between single-task networks."""

import torch
from torch import Tensor

from workbench.affinities.representations import Representations
from workbench.component import register


@register("affinity", "cka", source="Kornblith et al., ICML 2019; unbiased: Nguyen, Raghu & Kornblith, ICLR 2021")
class CKA(Representations):
    """Do networks trained for one task each come to the same features, up to rotation and scale?

    With ``K = XXᵀ``, ``L = YYᵀ`` over the same n inputs, their diagonals set to 0:
    ``HSIC₁(K, L) = [tr KL + (1ᵀK1)(1ᵀL1)/((n−1)(n−2)) − 2/(n−2) 1ᵀKL1] / (n(n−3))`` (Song et al. 2012) and
    ``CKA = HSIC₁(K, L) / √(HSIC₁(K, K) HSIC₁(L, L))``. 1: the same; about 0: unrelated, also where there are more
    features than inputs, for which the usual estimate is far too high; for that it may fall a little below 0.
    Symmetric. NaN where a network gives every input the same features.

    Networks that agree may just see the same inputs: all of them find what is easy to find. Compare the entries with
    each other, not with 0.
    """

    def between(self, x: Tensor) -> Tensor:
        centred = x - x.mean(0)
        return centred @ centred.T

    def similarity(self, between: Tensor) -> Tensor:
        n = between.shape[-1]
        kernels = between - torch.diag_embed(between.diagonal(dim1=1, dim2=2))
        flat, rows = kernels.flatten(1), kernels.sum(2)
        whole = rows.sum(1)
        hsic = flat @ flat.T + torch.outer(whole, whole) / ((n - 1) * (n - 2)) - 2 / (n - 2) * rows @ rows.T
        own = hsic.diagonal()
        own = torch.where(own > 1e-12 * flat.square().sum(1), own, torch.nan).sqrt()
        return hsic / own[:, None] / own[None, :]
