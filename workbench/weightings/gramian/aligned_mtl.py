"""Independent component alignment."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from torch import Tensor, finfo

from workbench.component import Field, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.host import on_host


@register("weighting", "aligned_mtl", source="Senushkin et al., CVPR 2023, arXiv 2305.19000", tags=("core",))
class AlignedMTL(GramianWeighting):
    """The principal components of the task gradients are made equally long before the mean is taken.

    With ``G = V Λ Vᵀ``, keeping eigenvalues above ``λ_max · K · ε`` (ε: rounding of the number type):
    ``w = √λ_R · V Λ^(−1/2) Vᵀ p``, ``p = 1/K``. ``λ_R`` is the smallest kept eigenvalue (``min``, the paper's), their
    ``median`` (the lower one of two) or their mean (``rmse``).

    The matrix of aligned gradients has condition number 1. It may still hurt a task in terms of its raw gradient, and
    it drifts along the front towards equal weights. Weights may be negative. Length: a mean (LibMTL: ``p = 1``, a
    sum); with ``min`` no longer than ``√(λ_R / K)``. With ``gradients="representation"`` it is Aligned-MTL-UB.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("aligned_mtl")(torch.tensor([[1.0, 0.0], [0.0, 4.0]])).tolist()
    [0.5, 0.25]
    """

    heads: Heads = "weighted"
    scale: Annotated[
        Literal["min", "median", "rmse"], Field(description="the eigenvalue every component gets; min is the paper's")
    ] = "min"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, _weights, self.scale, finfo(G.dtype).eps)


def _weights(G: np.ndarray, scale: str, eps: float) -> np.ndarray:
    K = len(G)
    largest = float(G.diagonal().max())
    if largest <= 0:
        return np.full(K, 1.0 / K)
    values, vectors = np.linalg.eigh(G / largest)
    kept = values > values[-1] * K * eps
    values, vectors = values[kept], vectors[:, kept]
    common = {"min": values[0], "median": values[(len(values) - 1) // 2], "rmse": values.mean()}[scale]
    return vectors @ (np.sqrt(common / values) * vectors.sum(0)) / K
