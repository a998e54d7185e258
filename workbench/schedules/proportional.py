"""Tasks by their labels."""

from torch import Tensor

from workbench.component import register
from workbench.schedules.drawn import BySize


@register("schedule", "proportional", tags=("core",))
class Proportional(BySize):
    """Tasks drawn by the number of their labels: ``p_k ∝ n_k``.

    ``n_k`` counts the training examples with a label of task k; where none is missing, all tasks are alike.
    """

    def sizes(self, labels: Tensor, step: int) -> Tensor:
        return labels
