"""Impartial multi-task learning, the part that balances gradients."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from workbench.component import register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.host import noise, on_host
from workbench.weightings.solvers.scaling import cosines, over, pseudo_solve


@register("weighting", "imtl_g", source="Liu et al., ICLR 2021, IMTL-G (from secondary sources)", tags=("core",))
class IMTLG(GramianWeighting):
    """The update has the same projection on every task's unit gradient.

    With norms ``n_i = ‖g_i‖`` and cosines ``C = G / (n nᵀ)``: ``v = C⁺1 / n`` and ``w = v / Σ v``, so that
    ``⟨wᵀJ, g_i⟩ / n_i`` is the same for all tasks wherever C has full rank.

    Weights sum to 1 (length: a mean) and may be negative. For K = 2 the update is the bisector of the two gradients.
    For K ≥ 3 it can point uphill for *every* task (``Σ v < 0``, a few of a hundred random draws): ``config`` is the
    same line with the sign put right. A task with a zero gradient has weight 0; where the weights do not exist
    (opposite gradients, ``Σ v`` zero to rounding) all are 0.

    Formula from secondary sources, not checked against the paper; the pseudo-inverse there is of G, which is the same
    at full rank and depends on the scale of the losses below it.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("imtl_g")(torch.tensor([[1.0, 0.0], [0.0, 4.0]])).tolist()
    [0.6666666865348816, 0.3333333432674408]
    """

    heads: Heads = "own"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, _weights, noise(G), batched=True)


def balanced(G: np.ndarray, noise: float) -> np.ndarray:
    """``v = C⁺1 / n``, scaled so that the largest size is 1; 0 for a task with a zero gradient.

    All are 0 where ``1ᵀC⁺1`` is zero to rounding, as for opposite gradients.
    """
    C, n, _ = cosines(G)
    x = pseudo_solve(C, (n > 0).astype(float), noise)
    square = np.einsum("...i,...ij,...j->...", x, C, x)[..., None]
    v = over(np.where(square > noise, x, 0.0), n)
    return over(v, np.abs(v).max(-1, keepdims=True) + np.zeros_like(v))


def _weights(G: np.ndarray, noise: float) -> np.ndarray:
    v = balanced(G, noise)
    total = v.sum(-1, keepdims=True)
    return np.divide(v, total, out=np.zeros_like(v), where=np.abs(total) > noise)
