"""COSMOS, the part that concerns the losses."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import Preferred


@register("weighting", "cosmos", source="Ruchte & Grabocka, ICDM 2021, arXiv 2103.13392")
class COSMOS(Preferred):
    """A weighted sum of the losses that also rewards pointing along the preference.

    ``L = rᵀL - λ cos(r, L)``, so ``w = r - λ (r̂ - cos · L̂) / ‖L‖`` with ``r̂``, ``L̂`` at length 1.

    - ``L``: losses; ``r``: preference, positive, sum 1; ``λ``: reward of the angle, in the unit of a loss.
    - Range of the weights: ``r_i`` at ``λ = 0``; otherwise they may be negative, and grow as ``1/‖L‖``. Where all
      losses are 0 there is no angle, and ``w = r``.

    Only the loss of COSMOS: the method itself draws ``r`` from a Dirichlet distribution at every step and feeds it to
    the network, which then knows a whole front; here ``r`` stays. Its λ: MultiMNIST 2, Fashion+MNIST 8, Adult and
    Credit 0.01.

    >>> import torch, workbench as wb
    >>> round(wb.weightings.get("cosmos", angle=2.0)(torch.tensor([1.0, 1.0])).item(), 4)
    -1.0
    """

    angle: Annotated[float, Field(ge=0, description="reward λ of pointing along the preference"), Slider(0, 10)] = 2.0

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        r = self.importance[at].to(losses.dtype)
        size = losses.detach().abs().amax()
        direction = losses / torch.where(size > 0, size, 1.0)  # squares neither overflow nor vanish
        cosine = (direction @ r) / (r.norm() * direction.norm().clamp(min=0.5))  # at least 1, unless all losses are 0
        return losses @ r - self.angle * (size > 0) * cosine
