"""Tasks by their labels at first, alike in the end."""

from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.schedules.drawn import BySize


@register("schedule", "annealed", source="Stickland & Murray, ICML 2019 (PALs), arXiv 1902.02671 (formula from memory)")
class Annealed(BySize):
    """Tasks drawn by their labels at first and nearly alike in the end, so that small ones are not forgotten.

    ``p_k ∝ n_k^α`` with ``α = 1 − fall · (e − 1) / (E − 1)`` in epoch e of E (α = 1 where there is only one);
    ``n_k`` counts the training examples with a label of task k. The paper has ``fall = 0.8``.
    """

    fall: Annotated[float, Field(ge=0, le=1, description="how far α falls from 1"), Slider(0, 1)] = 0.8

    def sizes(self, labels: Tensor, step: int) -> Tensor:
        epochs = self.roster.steps // self.roster.steps_per_epoch
        return labels ** (1 - self.fall * (step // self.roster.steps_per_epoch) / max(epochs - 1, 1))
