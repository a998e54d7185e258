"""Exact Pareto-optimal search along a preference ray."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import GramianWeighting, Heads, Preference
from workbench.weightings.solvers.cone import shortest_on_simplex
from workbench.weightings.solvers.host import on_host, with_losses
from workbench.weightings.solvers.linear import best_on_simplex
from workbench.weightings.solvers.scaling import cosines


@register("weighting", "epo", source="Mahapatra & Rajan (EPO search), ICML 2020, arXiv 2108.00597")
class EPO(GramianWeighting):
    """Losses are brought to the ratio you prefer, then lowered together along that ray.

    With importances r (sum 1), ``l = rL / Σ rL``, the non-uniformity ``μ = Σ l_i log(K l_i)`` and
    ``a_i = r_i (log(K l_i) − μ)``, the weights on the simplex solve a linear problem:

    - balance, ``μ > tolerance``: ``max wᵀGa`` with ``(Gw)_j ≥ (Ga)_j`` for the tasks with ``(Ga)_j ≤ 0``, but
      ``(Gw)_j ≥ 0`` for those with the largest ``r_j L_j`` and, where no ``(Ga)_j`` is positive, for all;
    - descent, otherwise: ``max wᵀG1`` with ``Gw ≥ 0`` and ``wᵀGa ≥ min(0, max_j (Ga)_j)``.

    It ends at the Pareto point where all ``r_i L_i`` are equal (``L_i ∝ 1/r_i``), where the front has one. While it
    balances, a task with a loss below the ray may be hurt; while it descends none is. As published, it can end in the
    minimum of one task: where no ``(Ga)_j`` is positive it tends to follow the shortest gradient alone.

    A loss that is not positive counts as 2e-16 of their weighted sum. Solved exactly by the dual simplex method; of
    several best weights those nearest to ``1/K`` are taken; if the last constraint of the descent cannot be met it is
    left out, and where rounding leaves nothing the weights are those of ``mgda``.

    Length: a mean; the authors' code multiplies by K, and their toy also by ``max(μ, 0.1)``. Their scripts take r of
    length 1 instead of sum 1, which allows tasks off the ray to be hurt more.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("epo")(torch.eye(2), losses=torch.tensor([1.0, 2.0])).tolist()
    [0.0, 1.0]
    """

    heads: Heads = "weighted"
    preference: Preference = {}  # noqa: RUF012 (pydantic copies it)
    tolerance: Annotated[
        float, Field(ge=0, description="non-uniformity below which the ray counts as reached"), Slider(0, 0.1)
    ] = 1e-4

    def reset(self, seed: int = 0) -> None:
        self.check_names(self.preference, "Weighting 'epo': preference")
        self.ray = np.array([float(self.preference.get(name, 1.0)) for name in self.names])

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'epo' needs losses=.")
        K = G.shape[-1]
        if not self.names:
            self.bind([*self.preference, *map(str, range(K))][:K])
        ray = self.ray if tasks is None else self.ray[list(tasks)]
        return on_host(with_losses(G, losses), _weights, ray / ray.sum(), self.tolerance)


def _weights(both: np.ndarray, ray: np.ndarray, tolerance: float) -> np.ndarray:
    G, L = both[:, :-1], both[:, -1]
    K = len(L)
    C, n, _ = cosines(G)
    M = C * n  # row j: Gw / ‖g_j‖
    part = ray * np.maximum(L / (np.abs(L).max() or 1.0), 0.0)
    part = np.maximum(part / (part.sum() or 1.0), np.finfo(float).eps)
    part = part / part.sum()
    size = np.log(K * part)
    unevenness = float(part @ size)
    a = ray * ((size[:, None] - size) @ part)  # so that the largest is positive to the last bit
    gain = M @ a
    positive = gain > 1e-12 * np.abs(gain).max()
    if unevenness > tolerance:
        if positive.any():
            worst = part >= part.max() * (1 - 1e-12)
            least = np.where(worst, 0.0, np.minimum(gain, 0.0))
            w = best_on_simplex(n * gain, (M - least[:, None])[worst | ~positive])
        else:
            w = best_on_simplex(n * gain, M)
    else:
        fall, along = n * M.sum(1), n * gain
        w = best_on_simplex(fall, np.vstack([M, along - min(0.0, float(along.max()))]))
        w = best_on_simplex(fall, M) if w is None else w
    return shortest_on_simplex(G) if w is None else w
