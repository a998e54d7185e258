"""Focal loss."""

from typing import Annotated, Any, ClassVar

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.tasks.losses.base import LIKELIHOODS, Loss


@register("loss", "focal", source="Lin et al., ICCV 2017", tags=("core",))
class Focal(Loss):
    """Focal loss: examples that are predicted well count little.

    ``ℓ = (1 - p)^γ (-log p)``, p the probability that the right label was given; γ = 0 is the task's own loss. With a
    CRF, p is that of the sentence's tags, as a mean per word. The paper's second factor α, a weight per class, is the
    loss ``class_balanced``.

    Shapes: as the task's own loss.
    """

    fits: ClassVar[tuple[str, ...]] = LIKELIHOODS

    gamma: Annotated[float, Field(ge=0, description="focusing exponent γ"), Slider(0, 5)] = 2.0

    def __call__(self, output: Any, target: Tensor) -> Tensor:
        return focused(self.task.losses(output, target), self.gamma)


def focused(losses: Tensor, gamma: float) -> Tensor:
    """``(1 - p)^γ ℓ`` for ``ℓ = -log p``."""
    if gamma == 0:
        return losses
    missed = -(-losses).expm1()  # 1 - p, exact where p is near 1
    return missed.clamp(min=1e-12) ** gamma * losses  # the floor keeps the slope of a power below 1 finite
