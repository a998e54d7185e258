"""The dual weight problem."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.host import on_host, with_losses
from workbench.weightings.solvers.simplex import min_on_simplex


@register("weighting", "dual", source="dual of the minimax step, Platt's sequential minimal optimisation 1998")
class Dual(GramianWeighting):
    """The weights of the short step that lowers the worst loss most: a quadratic problem solved pair by pair.

    The step d that minimises the worst loss to first order, ``max_i (L_i + ⟨g_i, d⟩) + ‖d‖² / (2η)``, is ``−η wᵀJ``
    with the dual weights ``w = argmin ½ η wᵀGw − Lᵀw`` over the simplex. With absolute values ``|L_i + ⟨g_i, d⟩|`` the
    dual set is the L1 ball ``Σ |w_i| ≤ 1`` instead, and weights may be negative. Here ``η = reach · max_i |L_i| /
    max_i ‖g_i‖²``, so that the answer does not depend on a scale common to all losses.

    A small ``reach`` follows the worst loss alone, a large one tends to ``mgda``, which hurts no task; in between a
    task with a low loss may be hurt. Solved by SMO: two coordinates at a time by exact line search, at most 20 moves
    per coordinate, so where gradient norms differ by many powers of ten it stops early. Length: on the simplex a mean.

    The problem is the workbench's own reading of "weights from the dual problem"; no paper is claimed.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("dual")(torch.eye(2), losses=torch.tensor([1.0, 0.5])).tolist()
    [0.75, 0.25]
    """

    heads: Heads = "weighted"
    set: Annotated[Literal["simplex", "l1"], Field(description="where the weights lie: simplex or L1 ball")] = "simplex"
    reach: Annotated[
        float,
        Field(gt=0, description="how far the step looks: small the worst loss, large MGDA"),
        Slider(0.01, 100, log=True),
    ] = 1.0

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'dual' needs losses=.")
        return on_host(with_losses(G, losses), _weights, self.set == "l1", self.reach)


def _weights(both: np.ndarray, signed: bool, reach: float) -> np.ndarray:
    G, L = both[:, :-1], both[:, -1]
    G = G / (float(G.diagonal().max()) or 1.0)
    L = L / (float(np.abs(L).max()) or 1.0)
    if not signed:
        return min_on_simplex(reach * G, -L, rounds=20)
    # the ball is the image of the simplex over +w, −w and nothing
    signs = np.hstack([np.eye(len(L)), -np.eye(len(L)), np.zeros((len(L), 1))])
    return signs @ min_on_simplex(reach * signs.T @ G @ signs, -signs.T @ L, rounds=20)
