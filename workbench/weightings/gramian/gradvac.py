"""Gradient vaccine."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import GramianWeighting, Heads


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
        rows = torch.tensor(range(K) if tasks is None else tasks)
        goal = self.targets[..., rows[:, None], rows]  # on the host, as everything here: one transfer there and back
        draws = torch.rand(K, K, generator=self.generator).fill_diagonal_(2.0)
        order = draws.argsort(dim=1)[:, : K - 1]  # row i: the other tasks
        c, goal = _turned(G.detach().to("cpu", torch.float64), goal, order, self.beta)
        self.targets = self.targets.clone()
        self.targets[..., rows[:, None], rows] = goal
        return c.sum(-2).to(G)


def _turned(G: Tensor, goal: Tensor, order: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """The weights ``c [..., i, j]`` of every task's turned gradient, and the new targets."""
    K = G.shape[-1]
    n = G.diagonal(dim1=-2, dim2=-1).clamp(min=0).sqrt()
    inverse = torch.where(n > 0, 1 / n, 0.0)
    C = (G * inverse[..., None] * inverse[..., None, :]).clamp(-1, 1)  # unit gradients: their weights are y = cn
    y = torch.eye(K, dtype=torch.float64).expand_as(C).clone()
    yC = C.clone()  # row i holds y_iᵀC
    goal = goal.clone()
    everyone = torch.arange(K)
    for j in order.T:
        length = (y * yC).sum(-1).clamp(min=0).sqrt()
        dot, target = yC[..., everyone, j], goal[..., everyone, j]
        there = (length > 1e-7) & (n > 0) & (n[..., j] > 0)  # a gradient that its turns have used up stays
        phi = torch.where(there, dot / torch.where(there, length, 1.0), 0.0).clamp(-1, 1)
        rest = (1 - target**2).sqrt()
        push = length * (target * (1 - phi**2).sqrt() - phi * rest) / rest
        push = torch.where(there & (phi < target), push, 0.0)
        y[..., everyone, j] += push
        yC = yC + push[..., None] * C[..., j, :]
        goal[..., everyone, j] = torch.where(there, (1 - beta) * target + beta * phi, target).clamp(-0.999, 0.999)
    return y * n[..., :, None] * inverse[..., None, :] + torch.diag_embed((n == 0).double()), goal
