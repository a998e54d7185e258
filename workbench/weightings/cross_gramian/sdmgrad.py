"""Stochastic direction-oriented multi-objective gradient descent."""

from typing import Annotated

import numpy as np

from workbench.component import Field, Slider, register
from workbench.weightings.base import Heads
from workbench.weightings.cross_gramian.kept import KeptOnSimplex
from workbench.weightings.solvers.projection import on_simplex


@register("weighting", "sdmgrad", source="Xiao, Ban & Ji, NeurIPS 2023, arXiv 2305.18409")
class SDMGrad(KeptOnSimplex):
    """The minimum norm pulled towards the mean gradient, on a Gramian that noise does not bias.

    With ``A = J₁J₂ᵀ / s²`` of two independent samples, ``s = mean_i √max(A_ii, 0)`` before scaling, and the mean
    direction ``w̃ = 1/K``, a point w of the simplex takes ``iterations`` steps
    ``m ← ½ m + A (w + λ w̃)``, ``w ← Π(w − rate · m)`` from where the last step left it; the weights are
    ``(w + λ w̃) / (1 + λ)``. λ → ∞ is plain averaging.

    No guarantee at a single step. Length: weights sum to 1. The direction does not depend on a common scale of all
    losses. The samples are the two halves of the batch and J is that of the whole batch; the published code takes
    three batches a step, the third for J.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("sdmgrad", lam=0.0, rate=0.5, iterations=100)
    >>> [round(x, 3) for x in weighting(torch.diag(torch.tensor([1.0, 3.0]))).tolist()]
    [0.75, 0.25]
    """

    heads: Heads = "weighted"
    lam: Annotated[float, Field(ge=0, description="pull λ towards the mean gradient"), Slider(0, 5)] = 0.3
    iterations: Annotated[int, Field(ge=1, le=1000, description="moves of the weights per step"), Slider(1, 100)] = 20
    rate: Annotated[
        float, Field(gt=0, description="step size of the weights, on the scaled matrix"), Slider(0.01, 10, log=True)
    ] = 5.0

    def moved(self, w: np.ndarray, A: np.ndarray) -> np.ndarray:
        diagonal = np.diagonal(A, axis1=-2, axis2=-1)
        scale = np.sqrt(np.maximum(diagonal, 0)).mean(-1)[..., None, None]
        largest = np.abs(A).max((-2, -1), keepdims=True)
        # where noise leaves no positive diagonal, the largest entry gives the scale
        unit = np.where(scale**2 > 1e-3 * largest, scale**2, np.where(largest > 0, largest, 1.0))
        A = A / unit
        pull = (A @ np.full((A.shape[-1], 1), self.lam / A.shape[-1]))[..., 0]
        momentum = np.zeros_like(w)
        for _ in range(self.iterations):
            momentum = 0.5 * momentum + np.squeeze(A @ w[..., None], -1) + pull
            w = on_simplex(w - self.rate * momentum)
        return w

    def told(self, w: np.ndarray) -> np.ndarray:
        return (w + self.lam / w.shape[-1]) / (1 + self.lam)
