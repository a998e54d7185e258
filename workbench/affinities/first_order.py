"""Lookahead affinity to first order, from the task gradients alone."""

from typing import ClassVar

import torch
from torch import Tensor

from workbench.affinities.base import FromGramian
from workbench.component import register


@register("affinity", "first_order", source="Fifty et al., NeurIPS 2021 (TAG), to first order", tags=("core",))
class FirstOrder(FromGramian):
    """How far would a small step for one task alone lower the loss of another, as its gradient tells?

    ``Z_{i→j} ≈ η ⟨g_i, g_j⟩ / L_j``: the share of its loss that task j would save. Not symmetric: a task with a long
    gradient moves others far, and a task with a small loss has little to save. η is the learning rate, as in
    ``lookahead``, which takes the step for real. Undefined (NaN) where the loss of j is 0.
    """

    symmetric: ClassVar[bool] = False

    def measure(self, G: Tensor, losses: Tensor, lr: float) -> Tensor:
        return torch.where(losses != 0, lr * G / losses, torch.nan)
