"""Absolute error."""

from typing import Any, ClassVar

from torch import Tensor

from workbench.component import register
from workbench.tasks.losses.base import NUMBERS, Loss


@register("loss", "l1", tags=("core",))
class L1(Loss):
    """Absolute error ``|ŷ - y|`` on the standardised target: the median is learned; depth's own loss.

    Shapes: outputs ``[..., 1]``, targets ``[...]`` -> ``[...]``.
    """

    fits: ClassVar[tuple[str, ...]] = NUMBERS

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        return self.errors(output, target).abs()
