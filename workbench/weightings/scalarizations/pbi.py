"""Penalty-based boundary intersection."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import Aimed, smallest


@register("weighting", "pbi", source="Zhang & Li (MOEA/D), IEEE TEC 2007")
class PBI(Aimed):
    """Go down along a chosen ray in the space of losses, and pay for leaving it.

    ``L = d₁ + θ d₂``, ``d₁ = (L - z)ᵀŵ``, ``d₂ = ‖L - z - d₁ŵ‖``, ``ŵ`` the preference at length 1. So
    ``w = ŵ + θ u`` with ``u`` the unit vector from the ray to the losses (0 on the ray).

    - ``L``: losses, ``z``: ideal losses; ``θ``: price of the distance to the ray, without unit.
    - Range of the weights: ``ŵ_i - θ`` to ``ŵ_i + θ``. They may be negative: a task that is ahead of the ray is
      then made worse on purpose.

    Unlike in ``stch``, the ray ``L ∝ preference`` is the aim: a task with a larger preference may keep the larger
    loss. Length: ``‖w‖² = 1 + θ²`` off the ray. TorchJD adds 1e-12 under the root of ``d₂``; here nothing is added,
    and the gradient of ``d₂`` is 0 on the ray.

    >>> import torch, workbench as wb
    >>> round(wb.weightings.get("pbi", theta=5.0)(torch.tensor([1.0, 2.0])).item(), 4)
    5.6569
    """

    theta: Annotated[float, Field(ge=0, description="price θ of the distance to the ray"), Slider(0, 20)] = 5.0

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        ray = self.importance[at].to(losses.dtype)
        ray = ray / ray.norm()
        gap = losses - self.best[at].to(losses.dtype)
        along = gap @ ray
        beside = gap - along * ray
        scale = beside.detach().abs().amax().clamp(min=smallest(losses))  # squares neither overflow nor vanish
        return along + self.theta * scale * torch.linalg.vector_norm(beside / scale)
