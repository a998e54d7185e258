"""Weighting by coefficients of variation."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from workbench.component import register
from workbench.weightings.scalarizations.per_task import PerTask, moved, smallest


@register("weighting", "cov", source="Groenendijk et al., WACV 2021, arXiv 2009.01717")
class CoV(PerTask):
    """Losses that still vary, relative to their mean, get more weight; a loss that stands still is done.

    With ``ℓ_i = L_i / μ(L_i)``, ``μ(L_i)`` the mean of all earlier values: ``w_i ∝ σ(ℓ_i) / μ(ℓ_i)``, scaled to sum 1,
    from the mean ``μ`` and standard deviation ``σ`` over all earlier steps; ``L = Σ_i w_i L_i``.

    - ``L_i``: loss of task i, positive; the units of the losses cancel in ``ℓ_i``, not in ``L``.
    - Range of the weights: 0 to 1, sum 1 (a K-th of equal weighting in length). Equal in the first two steps, and
      where nothing varies.

    State: mean of ``L``, mean and deviation of ``ℓ``, steps, per task; a call is a step. As the authors' code with
    the whole history (it also offers a decaying mean); that code adds 1e-8 to the variance, ours nothing. Ratios
    ``ℓ`` are capped at 1e15. Formula from secondary sources and code, not checked against the paper.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("cov")
    >>> for a, b in [(1.0, 1.0), (0.5, 1.0), (0.4, 1.0)]: value = weighting(torch.tensor([a, b]))
    >>> round(value.item(), 4)
    0.4
    """

    memory: ClassVar[tuple[str, ...]] = ("count", "mean", "ratio_mean", "ratio_deviation")

    def reset(self, seed: int = 0) -> None:
        self.count, self.mean = self.full(0.0), self.full(0.0)
        self.ratio_mean, self.ratio_deviation = self.full(0.0), self.full(0.0)

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at, value = self.at(losses, tasks), losses.detach().to(self.mean.dtype)
        count, mean = self.count[at], self.mean[at]
        ratio_mean, ratio_deviation = self.ratio_mean[at], self.ratio_deviation[at]
        varied = ratio_deviation / ratio_mean.clamp(min=smallest(value))
        total = varied.sum()
        ready = (count >= 2).all() & (total > 0)
        weights = torch.where(ready, varied / total.clamp(min=smallest(value)), 1 / len(losses))

        keep = count / (count + 1)
        ratio = torch.where(mean > 0, value / mean.clamp(min=smallest(value)), 1.0).clamp(max=1e15)
        self.ratio_mean[at], self.ratio_deviation[at] = moved(ratio_mean, ratio_deviation, ratio, keep)
        self.mean[at] = keep * mean + (1 - keep) * value
        self.count[at] = count + 1
        return losses @ weights.to(losses.dtype)
