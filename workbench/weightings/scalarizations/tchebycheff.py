"""Weighted maximum."""

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.component import register
from workbench.weightings.scalarizations.per_task import Aimed


@register("weighting", "tchebycheff", source="Bowman 1976; Miettinen, Nonlinear Multiobjective Optimization, 1999")
class Tchebycheff(Aimed):
    """Only the task that is worst, by your measure, is trained: reaches every point of a front, also concave ones.

    ``L = max_i λ_i (L_i - z_i)``; ``w_i = λ_i`` for the task at the maximum, 0 for the others; tasks that tie share.

    - ``L_i``: loss of task i; ``λ``: preference, positive, sum 1; ``z_i``: ideal loss.
    - Range of the weights: 0 to ``λ_i``; their sum is at most the largest ``λ_i``, so steps are shorter than with
      equal weighting.

    Where tasks are in balance all ``λ_i (L_i - z_i)`` are equal. The maximum is not smooth there, and steps zigzag;
    ``stch`` is its smooth form. Units do not cancel: ``λ`` has to make the losses comparable. An absent task is left
    out of the maximum.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("tchebycheff", preference={"a": 3.0, "b": 1.0})(torch.tensor([1.0, 2.0])).item()
    0.75
    """

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        return torch.amax(self.importance[at].to(losses.dtype) * (losses - self.best[at].to(losses.dtype)), 0)
