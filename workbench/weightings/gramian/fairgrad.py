"""α-fair division of the update among tasks."""

from collections.abc import Sequence
from math import sqrt
from typing import Annotated

import numpy as np
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.cone import shortest_above
from workbench.weightings.solvers.host import noise, on_host
from workbench.weightings.solvers.newton import bargain, bargain_of_two
from workbench.weightings.solvers.scaling import cosines, lifted


@register("weighting", "fairgrad", source="Ban & Ji, ICML 2024, arXiv 2402.15638", tags=("core",))
class FairGrad(GramianWeighting):
    """The update is divided among tasks by α-fairness: from the largest sum to the best worst case.

    ``(Gw)_i = w_i^(−1/α)``, ``w > 0``: the only minimiser of ``½wᵀGw − Σ φ(w_i)`` with ``φ' = w^(−1/α)``, found by
    damped Newton steps on the unit gradients. α = 1 is ``nash_mtl`` without its clipping, large α tends to the
    fairest worst case; ``(Gw)_i`` is how much task i gains to first order.

    No task is hurt. Length: neither a sum nor a mean; for α ≠ 1 it depends on the scale of the losses,
    ``‖wᵀJ‖² = Σ w_i^(1−1/α)``. Where some combination of the gradients with weights of at least 0 is zero to rounding
    there is no fair division and all weights are 0. A task with a zero gradient is left out and, for its head, gets
    the mean of the others' weights.

    All the authors' scripts use α = 2; LibMTL's default is 1. Their solver is a general least-squares routine.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("fairgrad", alpha=1.0)(torch.tensor([[1.0, 0.0], [0.0, 4.0]])).tolist()
    [1.0, 0.5]
    """

    heads: Heads = "weighted"
    alpha: Annotated[float, Field(ge=0.5, le=10, description="fairness: 1 is Nash's"), Slider(0.5, 10, log=True)] = 2.0

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, fair, noise(G), 1 / self.alpha)


def fair(G: np.ndarray, noise: float, q: float) -> np.ndarray:
    """The positive ``w`` with ``(Gw)_i = w_i^(−q)``; zeros where there is none.

    Unit gradients with weights ``y = nw`` make it ``Cy = p / y^q`` with ``p = n^(q−1)``.
    """
    if len(G) == 2:
        w = _of_two(G, noise, q)
        if w is not None:
            return w
    C, n, scale = cosines(G)
    there = n > 0
    if not there.any():
        return np.ones_like(n)
    known, norms = C[np.ix_(there, there)], n[there]
    p = norms ** (q - 1)
    p = p / p.max()
    firm = lifted(known, max(noise, 1e-10))
    y = bargain(firm, p, q)
    if ((firm - known).diagonal() * y >= 0.5 * y**-q).any():  # the lift, not the gradients, keeps y from growing
        return np.zeros_like(n)
    if (known @ y < 0).any():  # tasks whose share is below rounding: the nearest update that hurts nobody
        y = shortest_above(known, y[None])[0]
    w = np.zeros_like(n)
    # p / max p and norms / scale were taken out: undo both, w = y · (max p)^(1/(1+q)) / n, then scale^(−2/(1+q))
    w[there] = y * (norms ** (q - 1)).max() ** (1 / (1 + q)) / norms * float(scale) ** (-2 / (1 + q))
    w[~there] = w[there].mean()
    return w


def _of_two(G: np.ndarray, noise: float, q: float) -> np.ndarray | None:
    """The same for two gradients that are not zero, a twentieth of the time; None where it is not that simple."""
    (one, product), (_, two) = G.tolist()
    if one <= 0 or two <= 0:
        return None
    scale = max(sqrt(one), sqrt(two))
    n = sqrt(one) / scale, sqrt(two) / scale
    c = min(max(product / sqrt(one) / sqrt(two), -1.0), 1.0)
    lift = max(max(noise, 1e-10) - (1 - abs(c)), 0.0)
    p = n[0] ** (q - 1), n[1] ** (q - 1)
    top = max(p)
    y = bargain_of_two(c, lift, (p[0] / top, p[1] / top), q)
    if any(lift * z >= 0.499 * z**-q for z in y):  # 0.5 and no less for opposite gradients of any length
        return np.zeros(2)
    if min(y[0] + c * y[1], y[1] + c * y[0]) < 0:
        return None
    size = top ** (1 / (1 + q)) * scale ** (-2 / (1 + q))
    return np.array([y[0] / n[0] * size, y[1] / n[1] * size])
