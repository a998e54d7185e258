"""Scaled loss approximate weighting."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import PerTask, moved, smallest


@register("weighting", "slaw", source="Crawshaw & Košecká, arXiv 2109.08218")
class SLAW(PerTask):
    """Weights inverse to how much a loss fluctuates, a cheap stand-in for the length of its gradient.

    ``s_i = √(E[L_i²] - E[L_i]²)``, ``w_i = K (1/s_i) / Σ_j (1/s_j)``, ``L = Σ_i w_i L_i``; ``E`` is the plain mean over
    the first ``1/(1-β)`` steps and an exponential moving average with ``β`` from then on.

    - ``L_i``: loss of task i; ``s_i``: its standard deviation over recent steps, this one included.
    - Range of the weights: positive, sum K (as long as equal weighting). All 1 at the first step.

    State: mean, deviation and steps per task; a call is a step. Units cancel in ``w_i L_i / Σ w L``. Follows the
    start of the author's code; that one floors ``s_i`` at 1e-5, ours at 1e-5 of the mean loss, so that the units of
    the losses do not matter. Formula from secondary sources and code, not checked against the paper.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("slaw")
    >>> for a, b in [(1.0, 1.0), (2.0, 4.0)]: value = weighting(torch.tensor([a, b]))
    >>> round(value.item(), 4)  # deviations 0.5 and 1.5: weights 1.5 and 0.5
    5.0
    """

    memory: ClassVar[tuple[str, ...]] = ("count", "mean", "deviation")

    beta: Annotated[float, Field(ge=0, lt=1, description="memory β of the averages"), Slider(0.5, 0.999)] = 0.99

    def reset(self, seed: int = 0) -> None:
        self.count, self.mean, self.deviation = self.full(0.0), self.full(0.0), self.full(0.0)

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at, value = self.at(losses, tasks), losses.detach().to(self.mean.dtype)
        count = self.count[at]
        keep = (count / (count + 1)).clamp(max=self.beta)
        mean, deviation = moved(self.mean[at], self.deviation[at], value, keep)
        floored = torch.maximum(deviation, 1e-5 * mean.abs()).clamp(min=smallest(value))
        inverse = floored.amin() / floored
        weights = torch.where((count > 0).all(), len(losses) * inverse / inverse.sum(), 1.0)
        self.mean[at], self.deviation[at], self.count[at] = mean, deviation, count + 1
        return losses @ weights.to(losses.dtype)
