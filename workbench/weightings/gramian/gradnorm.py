"""Gradient normalisation."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.memory import adam, fitted, places


@register("weighting", "gradnorm", source="Chen et al., ICML 2018, arXiv 1711.02257", tags=("core",))
class GradNorm(GramianWeighting):
    """Weights are learned so that tasks that train slowly get longer weighted gradients.

    With norms ``n_i = ‖g_i‖``, weighted mean norm ``m = mean_j w_j n_j`` and relative training rates
    ``r_i = (L_i / L_i(0)) / mean_j (L_j / L_j(0))``, the weights descend ``Σ |w_i n_i − m r_i^α|`` with m and r held
    fixed, so along ``n_i · sign(w_i n_i − m r_i^α)``, by Adam; then they are scaled to sum to K. They act from the next
    step on; the first is plain summation.

    No guarantee. Length: a sum (weights sum to K). Weights stay at least 0. The paper takes the norms in the last
    shared layer; here they are those of all shared parameters, or of the representation with
    ``gradients="representation"``. The losses ``L_i(0)`` are those of the first step that has the task. The paper uses
    α = 0.12 (toy) and 1.5 (NYUv2).

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("gradnorm")
    >>> for _ in range(300):
    ...     w = weighting(torch.diag(torch.tensor([1.0, 9.0])), losses=torch.ones(2))
    >>> [round(x, 1) for x in w.tolist()]
    [1.5, 0.5]
    """

    memory: ClassVar[tuple[str, ...]] = ("weights", "first", "mean", "square", "count")

    heads: Heads = "weighted"
    alpha: Annotated[float, Field(ge=0, description="how strongly slow tasks are favoured"), Slider(0, 3)] = 1.5
    rate: Annotated[
        float, Field(gt=0, lt=0.5, description="Adam's learning rate of the weights"), Slider(1e-3, 0.1, log=True)
    ] = 0.025

    def reset(self, seed: int = 0) -> None:
        self.weights = torch.ones(len(self.names), dtype=torch.float64)
        self.first = torch.full_like(self.weights, torch.nan)
        self.mean, self.square, self.count = (torch.zeros_like(self.weights) for _ in range(3))

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'gradnorm' needs losses=.")
        K = G.shape[-1]
        for key, value in {"weights": 1.0, "first": torch.nan, "mean": 0.0, "square": 0.0, "count": 0.0}.items():
            setattr(self, key, fitted(getattr(self, key), G, len(self.names), value))
        at = places(G, tasks)
        n = G.detach().double().diagonal(dim1=-2, dim2=-1).clamp(min=0).sqrt()
        L = losses.detach().double()
        w = self.weights[..., at]
        w = w * K / w.sum(-1, keepdim=True).clamp(min=1e-300)
        self._learn(at, n, L, w)
        return w.to(G.dtype)

    def _learn(self, at: Tensor | slice, n: Tensor, L: Tensor, w: Tensor) -> None:
        first = torch.where(self.first[..., at].isnan(), L, self.first[..., at])
        self.first[..., at] = first
        speed = torch.where(first != 0, L / torch.where(first != 0, first, 1.0), 1.0).clamp(0, 1e6)
        mean = speed.mean(-1, keepdim=True)
        speed = torch.where(mean > 0, speed / torch.where(mean > 0, mean, 1.0), 1.0)
        weighted = w * n
        gradient = n * torch.sign(weighted - weighted.mean(-1, keepdim=True) * speed**self.alpha)
        moments = (self.mean[..., at], self.square[..., at], self.count[..., at])
        move, self.mean[..., at], self.square[..., at], self.count[..., at] = adam(gradient, *moments)
        new = (w - self.rate * move).clamp(min=0)
        total = new.sum(-1, keepdim=True)
        self.weights[..., at] = torch.where(total > 0, new * n.shape[-1] / torch.where(total > 0, total, 1.0), w)
