"""Lookahead affinity: a step for one task alone, and what it does to all losses."""

from typing import ClassVar

import torch
from torch import Tensor

from workbench.affinities.base import Live
from workbench.component import register


@register("affinity", "lookahead", source="Fifty et al., NeurIPS 2021 (TAG), arXiv 2109.04617", tags=("core",))
class Lookahead(Live):
    """Take a step for one task alone: which share of its loss does every other task save?

    ``Z_{i→j} = 1 − L_j(θ − η g_i, ψ_j) / L_j(θ, ψ_j)`` on the same batch, with the same dropout: θ are the shared
    parameters, ψ_j those of task j alone, g_i the gradient of task i, η the learning rate. Above 0 it helps. Not
    symmetric. The step is one of plain gradient descent, whatever the optimiser; with ``optimizer="sgd"`` it is just
    what *Step task i only* does. The diagonal says how well a task's own step serves it on the very batch it was taken
    from, and cannot be compared with the rest. Undefined (NaN) where the loss of j is 0.

    A map takes K backward and K + 1 forward passes.
    """

    needs: ClassVar[str] = "lookahead"
    symmetric: ClassVar[bool] = False

    def measure(self, before: Tensor, after: Tensor) -> Tensor:
        """The map ``[K, K]``.

        Args:
            before: losses ``[K]``.
            after: ``after[i, j]``, the loss of j after a step for i, ``[K, K]``.
        """
        return torch.where(before != 0, 1 - after / before, torch.nan)

    def default_period(self, tasks: int, gradients: bool) -> int:
        return 10 * (3 + 4 * tasks) if gradients else 80 * tasks

    def cost(self, tasks: int) -> int:
        return tasks
