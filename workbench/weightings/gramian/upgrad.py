"""Unconflicting projection of gradients."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from workbench.component import register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.cone import shortest_above
from workbench.weightings.solvers.host import on_host
from workbench.weightings.solvers.scaling import cosines, over


@register("weighting", "upgrad", source="Quinton & Rey 2024, arXiv 2406.16232", tags=("core",))
class UPGrad(GramianWeighting):
    """Each task's gradient is projected on the directions that hurt nobody, then all are averaged.

    The directions that hurt nobody are the dual cone ``{d : Jd ≥ 0}``. The projection of ``p_i g_i`` on it is ``vᵀJ``
    with ``v = argmin over v ≥ p_i e_i of vᵀGv``; ``w`` is the sum of these v over the tasks, with ``p_i = 1/K``.

    No task is hurt, at any rank and scale: each problem is solved exactly, by active set, on unit gradients. Weights
    are at least ``1/K``; without conflict the update is the mean gradient. For K = 2 it is ``pcgrad`` divided by 2.
    Length: a mean.

    TorchJD adds ``1e-4`` times the trace to the gramian first, so that its update may hurt tasks whose gradients are
    30 times shorter than others', and takes the plain mean for gradients below a fixed size.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("upgrad")(torch.tensor([[1.0, -0.5], [-0.5, 1.0]])).tolist()
    [0.75, 0.75]
    """

    heads: Heads = "own"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, _weights)


def _weights(G: np.ndarray) -> np.ndarray:
    C, n, _ = cosines(G)
    if (C >= 0).all():
        return np.full(len(n), 1 / len(n))
    projected = n[:, None] * shortest_above(C, np.eye(len(n)))  # of unit gradients, each brought back to its length
    w = over(projected.sum(0), n) / len(n)
    return np.where(n > 0, w, 1 / len(n))
