"""Multiple-gradient descent."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

from workbench.component import Field, WorkbenchError, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.cone import shortest_on_simplex
from workbench.weightings.solvers.host import on_host
from workbench.weightings.solvers.simplex import frank_wolfe_on_simplex, min_on_simplex

#: the two-coordinate search (SMO) and Frank-Wolfe's are bounded in time, and inexact where norms differ a lot
SOLVERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exact": shortest_on_simplex,
    "smo": partial(min_on_simplex, rounds=50),
    "frank_wolfe": frank_wolfe_on_simplex,
}


@register("weighting", "mgda", source="Désidéri 2012; Sener & Koltun, NeurIPS 2018, arXiv 1810.04650", tags=("core",))
class MGDA(GramianWeighting):
    """The shortest convex combination of the task gradients: no task is hurt.

    ``α = argmin over the simplex of αᵀ G' α`` with ``G'_ij = G_ij / (ν_i ν_j)``; the weights act on the normalised
    gradients, so ``w_i = α_i / ν_i``. The norm ``ν_i`` is 1 (``none``), ``‖g_i‖`` (``l2``), ``L_i`` (``loss``) or
    ``L_i ‖g_i‖`` (``loss+``, the default of the authors' code). With ``none`` the weights lie on the simplex.

    For K = 2: ``α_1 = clip((G_22 − G_12) / (G_11 + G_22 − 2 G_12), 0, 1)``. For more tasks exactly too, by active set
    on unit gradients: a Frank-Wolfe search stopped early can be far from the shortest, and a search pair by pair does
    not end when gradient norms differ a lot. Length: a convex combination; other codes multiply by K. With
    ``gradients="representation"`` it is MGDA-UB.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("mgda")(torch.tensor([[1.0, 0.0], [0.0, 4.0]])).tolist()
    [0.800000011920929, 0.20000000298023224]
    """

    heads: Heads = "weighted"
    normalisation: Annotated[
        Literal["none", "l2", "loss", "loss+"], Field(description="what each task gradient is divided by first")
    ] = "none"
    solver: Annotated[
        Literal["exact", "smo", "frank_wolfe"],
        Field(description="for more than two tasks; the others are as published, and may stop early"),
    ] = "exact"

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        tiny = torch.finfo(torch.float64).tiny
        G64 = G.detach().double()
        norms = torch.ones_like(G64[..., 0])
        if "loss" in self.normalisation:
            if losses is None:
                raise WorkbenchError(f"Weighting 'mgda' with normalisation {self.normalisation!r} needs losses=.")
            norms = norms * losses.detach().double().abs().clamp(min=tiny)
        longest = G64.diagonal(dim1=-2, dim2=-1).amax(-1).clamp(min=tiny)
        G64 = G64 / longest[..., None, None]
        unit = torch.ones_like(longest)  # of the norms, kept apart so that nothing overflows on the way
        if self.normalisation in ("l2", "loss+"):
            size = G64.diagonal(dim1=-2, dim2=-1).sqrt()
            norms = norms * torch.where(size > 0, size, 1.0)
            unit = longest.sqrt()
        scaled = G64 / norms[..., None] / norms[..., None, :]
        scaled = scaled / scaled.diagonal(dim1=-2, dim2=-1).amax(-1).clamp(min=tiny)[..., None, None]
        if G.shape[-1] == 2:
            a, b, c = scaled[..., 0, 0], scaled[..., 1, 1], scaled[..., 0, 1]
            bend = a + b - 2 * c
            both = torch.stack([b - c, a - c], -1).clamp(min=0)  # each by itself: 1 − x would round
            total = both.sum(-1, keepdim=True)
            alpha = torch.where((bend[..., None] > 0) & (total > 0), both / total.clamp(min=tiny), 0.5)
        else:
            alpha = on_host(scaled, SOLVERS[self.solver])
        return (alpha / norms / unit[..., None]).clamp(max=torch.finfo(G.dtype).max).to(G.dtype)
