"""Huber loss."""

from typing import Annotated, Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.tasks.losses.base import NUMBERS, Loss


@register("loss", "huber", source="Huber, Annals of Mathematical Statistics 1964", tags=("core",))
class Huber(Loss):
    """Squared for small errors, absolute for large ones: outliers pull no harder than δ.

    With ``e = ŷ - y`` on the standardised target: ``ℓ = e² / 2`` where ``|e| <= δ``, else ``δ (|e| - δ/2)``. Mind the
    half: for small errors it is half the squared error of ``mse``.

    Shapes: outputs ``[..., 1]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = NUMBERS

    delta: Annotated[
        float, Field(gt=0, description="error δ from which it is absolute, in standard deviations"), Slider(0.1, 3)
    ] = 1.0

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        found = self.errors(output, target)
        return F.huber_loss(found, torch.zeros_like(found), reduction="none", delta=self.delta)
