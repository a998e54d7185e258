"""Multi-objective gradient with double sampling."""

from typing import Annotated

import numpy as np

from workbench.component import Field, Slider, register
from workbench.weightings.base import Heads
from workbench.weightings.cross_gramian.kept import KeptOnSimplex
from workbench.weightings.solvers.projection import on_simplex


@register("weighting", "modo", source="Chen et al., JMLR 2024, arXiv 2305.20057")
class MoDo(KeptOnSimplex):
    """Weights take one small step towards the minimum norm, on a Gramian that noise does not bias.

    ``λ ← Π(λ − γ (A λ + ρ λ))`` with ``A = J₁J₂ᵀ`` of two independent samples and Π the projection onto the simplex;
    the update is ``λᵀJ``. Starts at ``1/K``. With ``γ → 0`` the weights stay equal; on noiseless gradients they go to
    those of MGDA (with ridge ρ).

    No guarantee at a single step. Length: weights sum to 1. Not invariant to the scale of losses: γ has the unit of
    1 / ‖g‖². The samples are the two halves of the batch and J is that of the whole batch; LibMTL takes three batches
    a step, one of them for J.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("modo", gamma=0.5, rho=0.0)(torch.diag(torch.tensor([1.0, 3.0]))).tolist()
    [0.75, 0.25]
    """

    heads: Heads = "weighted"
    gamma: Annotated[float, Field(gt=0, description="step size of the weights"), Slider(1e-4, 1.0, log=True)] = 0.001
    rho: Annotated[float, Field(ge=0, description="pull towards equal weights"), Slider(0, 1)] = 0.1

    def moved(self, w: np.ndarray, A: np.ndarray) -> np.ndarray:
        slope = np.squeeze(A @ w[..., None], -1) + self.rho * w
        return on_simplex(w - self.gamma * slope)
