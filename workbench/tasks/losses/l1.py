"""Absolute error."""

from typing import ClassVar

from torch import Tensor

from workbench.component import register
from workbench.tasks.losses.base import NUMBERS, Loss, errors


@register("loss", "l1", tags=("core",))
class L1(Loss):
    """Absolute error ``|ŷ - y|`` on the standardised target: the median is learned, outliers count less.

    Shapes: outputs ``[..., 1]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = NUMBERS

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return errors(output, target).abs()
