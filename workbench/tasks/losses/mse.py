"""Squared error."""

from typing import ClassVar

from torch import Tensor

from workbench.component import register
from workbench.tasks.losses.base import NUMBERS, Loss, errors


@register("loss", "mse", tags=("core",))
class MSE(Loss):
    """Squared error ``(ŷ - y)²`` on the standardised target: a regression's own loss.

    Shapes: outputs ``[..., 1]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = NUMBERS

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return errors(output, target).square()
