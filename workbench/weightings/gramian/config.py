"""Conflict-free inverse gradients."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from workbench.component import register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.host import noise, on_host
from workbench.weightings.solvers.scaling import cosines, over, pseudo_solve


@register("weighting", "config", source="Liu et al., ICLR 2025, arXiv 2408.11104", tags=("core",))
class ConFIG(GramianWeighting):
    """The direction at the same acute angle to every task's gradient.

    With norms ``n_i = ‖g_i‖`` and cosines ``C = G / (n nᵀ)``: ``x = C⁺1``, ``b = x / n``, unit direction
    ``u = bᵀJ / √(bᵀGb)`` and length ``Σ_i ⟨g_i, u⟩``, hence ``w = (1ᵀGb / bᵀGb) · b``.

    No task is hurt where the gradients are linearly independent; the direction does not depend on the scale of the
    losses. It is ``imtl_g``'s line with sign and length put right. Weights may be negative. Length: a sum of
    projections. A task with a zero gradient has weight 0; at opposite gradients (``1ᵀC⁺1`` zero to rounding) all
    weights are 0. Below full rank it is a least-squares answer and may hurt a task.

    The authors' code forms the pseudo-inverse of the unit gradients ``[K, P]``; the gramian says the same.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("config")(torch.tensor([[1.0, 0.0], [0.0, 4.0]])).tolist()
    [1.5, 0.75]
    """

    heads: Heads = "own"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, _weights, noise(G), batched=True)


def _weights(G: np.ndarray, noise: float) -> np.ndarray:
    C, n, _ = cosines(G)
    x = pseudo_solve(C, (n > 0).astype(float), noise)
    Cx = np.einsum("...ij,...j->...i", C, x)
    square = (x * Cx).sum(-1, keepdims=True)  # bᵀGb
    length = np.divide((n * Cx).sum(-1, keepdims=True), square, out=np.zeros_like(square), where=square > noise)
    return length * over(x, n)
