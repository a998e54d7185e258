"""Gradient vaccine."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.solvers.scaling import cosines, over


@register("weighting", "gradvac", source="Wang et al., ICLR 2021, arXiv 2010.05874 (from TorchJD)", tags=("core",))
class GradVac(GramianWeighting):
    """Like PCGrad, but gradients are turned until they agree as much as they did before, on average.

    For every task i, starting from ``g = g_i``, for the other tasks j in random order: ``φ = cos(g, g_j)``; where it is
    below its target ``φ̂_ij``, ``g ← g + ‖g‖ (φ̂ √(1−φ²) − φ √(1−φ̂²)) / (‖g_j‖ √(1−φ̂²)) · g_j``, which makes the cosine
    ``φ̂``; then ``φ̂_ij ← (1 − β) φ̂_ij + β φ``. Targets start at 0, so the first step is PCGrad's. The update is the sum
    over i, with ``g = Jᵀc`` kept by its weights c.

    One target per pair for the whole shared part; the paper also keeps one per layer. No guarantee for more than two
    tasks. Length: a sum. LibMTL and TorchJD use β = 0.5, as here; formula from secondary sources, not checked against
    the paper. Targets stay within ±0.999, where the turn would need an infinite weight.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("gradvac")(torch.tensor([[1.0, -0.5], [-0.5, 1.0]])).tolist()
    [1.5, 1.5]
    """

    memory: ClassVar[tuple[str, ...]] = ("generator", "targets")

    heads: Heads = "own"
    beta: Annotated[float, Field(ge=0, le=1, description="how fast targets follow the cosines"), Slider(0, 1)] = 0.5

    def reset(self, seed: int = 0) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.targets = torch.zeros(len(self.names), len(self.names), dtype=torch.float64)

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        K = G.shape[-1]
        total = max(len(self.names), K)
        if self.targets.shape != (*G.shape[:-2], total, total):
            self.targets = torch.zeros(*G.shape[:-2], total, total, dtype=torch.float64)
        rows = np.arange(K) if tasks is None else np.asarray(tasks)
        pairs = (..., rows[:, None], rows)
        draws = torch.rand(K, K, generator=self.generator).fill_diagonal_(2.0)
        order = draws.argsort(dim=1)[:, : K - 1].numpy()  # row i: the other tasks
        targets = self.targets.numpy().copy()
        matrices = G.detach().to("cpu", torch.float64).numpy()
        w, targets[pairs] = _turned(matrices, targets[pairs], order, self.beta)
        self.targets = torch.from_numpy(targets)
        return torch.from_numpy(w).to(G)


def _turned(G: np.ndarray, goal: np.ndarray, order: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """The weights ``[..., K]`` of the sum of all turned gradients, and the new targets ``[..., K, K]``."""
    C, n, _ = cosines(G)  # unit gradients: their weights are y = cn
    everyone = np.arange(G.shape[-1])
    pairs, goal = (..., everyone[:, None], order), goal.copy()
    there = (n > 0)[..., None] & (n > 0)[..., order]
    target, phi = goal[pairs], np.zeros(there.shape)
    rest = np.sqrt(1 - target * target)
    y = np.zeros_like(C)
    y[..., everyone, everyone] = 1.0
    yC = C.copy()  # row i holds y_iᵀC
    for k, j in enumerate(order.T):
        length = np.sqrt(np.maximum(np.einsum("...ij,...ij->...i", y, yC), 0.0))
        known = there[..., k] & (length > 1e-7)  # a gradient that its turns have used up stays
        there[..., k] = known
        cosine = np.where(known, yC[..., everyone, j] / np.where(known, length, 1.0), 0.0)
        phi[..., k] = cosine = np.minimum(np.maximum(cosine, -1.0), 1.0)
        push = target[..., k] * np.sqrt(1 - cosine * cosine) / rest[..., k] - cosine
        push = np.where(known & (cosine < target[..., k]), length * push, 0.0)
        y[..., everyone, j] += push
        yC += push[..., None] * C[..., j, :]
    moved = np.where(there, target + beta * (phi - target), target)
    goal[pairs] = np.minimum(np.maximum(moved, -0.999), 0.999)
    return over((n[..., None] * y).sum(-2), n) + (n == 0), goal
