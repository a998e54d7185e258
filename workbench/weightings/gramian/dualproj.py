"""Projection of the mean gradient on the dual cone."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from workbench.component import register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.cone import shortest_above
from workbench.weightings.solvers.host import on_host
from workbench.weightings.solvers.scaling import cosines, over


@register("weighting", "dualproj", source="Lopez-Paz & Ranzato (GEM), NeurIPS 2017; arXiv 2406.16232")
class DualProj(GramianWeighting):
    """The mean gradient, projected on the directions that hurt nobody.

    ``w = argmin over v ≥ 1/K of vᵀGv``: the projection of the mean gradient on the dual cone ``{d : Jd ≥ 0}``.

    No task is hurt, at any rank and scale: the problem is solved exactly, by active set, on unit gradients. Weights
    are at least ``1/K``; where the mean gradient hurts nobody it is the update. Unlike ``upgrad`` a task with a long
    gradient can still decide the update alone. Length: a mean.

    TorchJD adds ``1e-4`` times the trace to the gramian first and takes the plain mean below a fixed size.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("dualproj")(torch.tensor([[1.0, -2.0], [-2.0, 8.0]])).tolist()
    [1.0, 0.5]
    """

    heads: Heads = "own"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, _weights)


def _weights(G: np.ndarray) -> np.ndarray:
    C, n, _ = cosines(G)
    y = shortest_above(C, n[None] / len(n))[0]
    return np.where(n > 0, over(y, n), 1 / len(n))
