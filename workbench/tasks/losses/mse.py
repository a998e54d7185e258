"""Squared error."""

from typing import Any, ClassVar

from torch import Tensor

from workbench.component import register
from workbench.tasks.losses.base import NUMBERS, Loss


@register("loss", "mse", tags=("core",))
class MSE(Loss):
    """Squared error ``(ŷ - y)²`` on the standardised target: a regression's own loss.

    Shapes: outputs ``[..., 1]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = NUMBERS

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        return self.errors(output, target).square()
