"""A look at a model as it is, while it trains or afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from workbench.fusions.model import Model
from workbench.problems.base import Data
from workbench.training.evaluate import answered, outputs
from workbench.training.linear import Linear


@dataclass(frozen=True)
class Peek:
    """What may be looked at, and not changed, between two steps.

    Attributes:
        step: updates done.
        model: on the device of the run.
        data: the same data as the run has, on that device.
        answers: linear models that answer for tasks which the schedule leaves out, by task.
        precision: of the run.
    """

    step: int
    model: Model
    data: Data
    answers: Mapping[str, Linear]
    precision: str = "float32"

    def outputs(self, views: dict[str, Tensor]) -> dict[str, Any]:
        """Outputs of all tasks in evaluation mode, of the models that answer for them.

        Args:
            views: name -> ``[batch, ...]``, as the data hold them, on their device.
        """
        return {**outputs(self.model, views, self.precision), **answered(self.answers, views)}
