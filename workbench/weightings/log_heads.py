"""Task-specific parameters that follow the logarithm of the loss."""

from typing import Annotated, Literal

import torch
from torch import Tensor

from workbench.component import Field
from workbench.weightings.base import Weighting
from workbench.weightings.solvers.scaling import ratio


class LogHeads(Weighting):
    """Heads follow ``log L_i``: their gradient is that of the task's own loss times ``1 / L_i``; 0 where L_i is not
    positive."""

    heads: Annotated[
        Literal["log", "own", "weighted"],
        Field(description="gradient of task-specific parameters: of the log loss, of the task's own, or weighted"),
    ] = "log"

    def head_weights(self, weights: Tensor, losses: Tensor) -> Tensor:
        if self.heads != "log":
            return super().head_weights(weights, losses)
        return ratio(torch.ones_like(losses), losses).clamp(max=torch.finfo(losses.dtype).max).to(weights)
