"""Pareto multi-task learning: one part of the front for each preference vector."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.cone import shortest_above, shortest_on_simplex
from workbench.weightings.solvers.directions import spread
from workbench.weightings.solvers.host import on_host, with_losses
from workbench.weightings.solvers.scaling import cosines, over


@register("weighting", "pareto_mtl", source="Lin et al., NeurIPS 2019, arXiv 1912.12854")
class ParetoMTL(GramianWeighting):
    """Descends within the losses that lie nearer to your preference vector than to any other.

    Preference vectors ``u_1 … u_M`` of length 1 divide the space of losses: the part of ``u_k`` is where
    ``(u_j − u_k)ᵀL ≤ 0`` for all j. With the violated ones ``I = {j : (u_j − u_k)ᵀL > 0}`` the update is the shortest
    convex combination ``Σ α_i g_i + Σ_I β_j Jᵀ(u_j − u_k)``, so ``w = α + Σ_I β_j (u_j − u_k)``. In the first
    ``warmup`` steps, but only until nothing is violated for the first time, it is that of the ``Jᵀ(u_j − u_k)`` alone.

    ``u_k`` points to the losses that are wanted: a large coordinate allows that task a large loss. For two tasks the
    vectors are ``(cos t, sin t)`` with equal steps of t from 0 to π/2, as in the paper, which has no other case. For
    more they are the corners of the simplex, its centre, and the points of the finest regular grid on it that has at
    most ``number`` of them (8 tasks have 8 corners and with ``number=36`` a point between any two). ``index`` counts
    from 0 in falling order of the first coordinates; without it the middle vector is followed. Or give ``vectors``.

    After the warm-up no task is hurt. Where nothing is violated it is ``mgda``, so it stops anywhere on its part of
    the front; it may stop short of it where gradients are parallel and a violated constraint pulls the other way.
    Weights may be negative. Length: a convex combination of up to K + M − 1 vectors; the authors' code for networks
    scales the weights to ``Σ |w_i| = K``. Their warm-up takes at most two epochs there, and 20 % of the steps of their
    toy. Coordinates of absent tasks are left out.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("pareto_mtl", number=2, index=1)
    >>> weighting(torch.eye(2), losses=torch.tensor([3.0, 1.0])).tolist()
    [1.0, -1.0]
    """

    memory: ClassVar[tuple[str, ...]] = ("left",)

    heads: Heads = "weighted"
    number: Annotated[int, Field(ge=2, le=1000, description="how many preference vectors there are"), Slider(2, 20)] = 5
    index: Annotated[
        int | None, Field(ge=0, description="which of them is followed, from 0; none: the middle one"), Slider(0, 20)
    ] = None
    vectors: Annotated[
        list[list[Annotated[float, Field(ge=0)]]] | None,
        Field(min_length=1, description="the preference vectors themselves, a number per task; none: spread evenly"),
    ] = None
    warmup: Annotated[int, Field(ge=0, description="most steps that only seek the preferred part"), Slider(0, 1000)] = (
        100
    )

    def reset(self, seed: int = 0) -> None:
        self.left = torch.tensor(self.warmup)
        if self.names:
            self.apart = self._apart(len(self.names))

    def _apart(self, K: int) -> np.ndarray:
        """``u_j − u_k`` for all other j, ``[M − 1, K]``."""
        if self.vectors is None:
            all_vectors = spread(K, self.number)
        elif {len(vector) for vector in self.vectors} != {K} or not all(map(any, self.vectors)):
            raise WorkbenchError(
                f"Weighting 'pareto_mtl': vectors should have {K} numbers each, one per task and not all 0, "
                f"found {self.vectors}."
            )
        else:
            given = np.array(self.vectors, dtype=float)
            all_vectors = given / np.linalg.norm(given, axis=1, keepdims=True)
        if self.index is None:
            centre = np.full(K, K**-0.5)
            mine = int(np.argmax((all_vectors @ centre).round(12)))
        elif self.index < len(all_vectors):
            mine = self.index
        else:
            raise WorkbenchError(
                f"Weighting 'pareto_mtl': index should be below {len(all_vectors)}, the number of preference vectors "
                f"of {K} tasks, found {self.index}."
            )
        return np.delete(all_vectors, mine, axis=0) - all_vectors[mine]

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'pareto_mtl' needs losses=.")
        if not self.names:
            self.bind([str(i) for i in range(G.shape[-1])])
        left = self.left.cpu().expand(G.shape[:-2]).clone()
        apart = self.apart if tasks is None else self.apart[:, list(tasks)]
        w = on_host(with_losses(G, losses), _weights, apart, left.view(-1).numpy(), batched=True)
        self.left = left
        return w


def _weights(both: np.ndarray, apart: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Weights of each gramian ``[B, K, K + 1]``; counts the steps of the warm-up that are ``left [B]`` down."""
    weights = np.empty(both.shape[:2])
    for place, one in enumerate(both):
        G, L = one[:, :-1] / (one.diagonal().max() or 1.0), one[:, -1] / (np.abs(one[:, -1]).max() or 1.0)
        violated = apart[apart @ L > 1e-12]
        if left[place] and len(violated):
            left[place] -= 1
            weights[place] = shortest_on_simplex(violated @ G @ violated.T) @ violated
        else:
            left[place] = 0
            mix = np.vstack([np.eye(len(L)), violated])
            weights[place] = _hurting_nobody(G, shortest_on_simplex(mix @ G @ mix.T) @ mix)
    return weights


def _hurting_nobody(G: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The same weights, but for what rounding of the mixed gradients does to tasks with far shorter gradients."""
    C, n, _ = cosines(G)
    y = n * w
    size = np.abs(y).sum()
    if (C @ y >= -len(w) * np.finfo(float).eps * size).all():
        return w
    return np.where(n > 0, over(size * shortest_above(C, y[None] / size)[0], n), w)
