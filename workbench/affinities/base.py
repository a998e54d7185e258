"""How much tasks help each other, measured while they train."""

from abc import abstractmethod
from typing import Annotated

from torch import Tensor

from workbench.component import Component, Field


class AffinityMeasure(Component):
    """Base of the measures that are functions of the task gradients of a step.

    A map has rows = "train on this task", columns = "does it help that one".
    """

    every: Annotated[
        int | None,
        Field(
            ge=1,
            description="steps between two maps; none: 10 where the weighting takes task gradients anyway, "
            "else 36 times the number of tasks, which slows training by 1 to 2 %",
        ),
    ] = None

    @abstractmethod
    def measure(self, G: Tensor) -> Tensor:
        """The affinity map ``[K, K]`` from the gramian ``G [K, K]``."""
