"""Gradients of all shared parameters."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import register
from workbench.gradients.base import Gradients, TaskGradients


class ExactGradients(TaskGradients):
    """One backward pass per task through everything.

    Args:
        losses: one scalar per present task.
        shared: parameters that several tasks move.
        own: parameters of each present task alone.
    """

    def __init__(
        self, losses: Sequence[Tensor], shared: Sequence[nn.Parameter], own: Sequence[Sequence[nn.Parameter]]
    ) -> None:
        self.shared, self.own = shared, own
        self.own_gradients: list[Sequence[Tensor | None]] = []
        sizes = [p.numel() for p in shared]
        rows = losses[0].new_zeros(len(losses), sum(sizes), dtype=shared[0].dtype if shared else torch.float32)
        for i, loss in enumerate(losses):
            wanted = [*shared, *own[i]]
            found = torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True)
            for slot, gradient in zip(rows[i].split(sizes), found[: len(shared)], strict=False):
                if gradient is not None:
                    slot.copy_(gradient.reshape(-1))
            self.own_gradients.append(found[len(shared) :])
        self.jacobian = rows

    def backward(self, direction: Tensor, own: Sequence[float] | Tensor) -> None:
        start = 0
        for parameter in self.shared:
            end = start + parameter.numel()
            parameter.grad = direction[start:end].view_as(parameter)
            start = end
        for parameters, gradients, factor in zip(self.own, self.own_gradients, own, strict=True):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = None if gradient is None else gradient * factor


@register("gradients", "exact", tags=("core",))
class Exact(Gradients):
    """Gradients of all shared parameters: one backward pass per task.

    ``J[i] = ∂L_i/∂θ``, ``[K, P]``, P the number of shared parameters.
    """

    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        return model(views, tasks)

    def take(self, model: Any, losses: Sequence[Tensor], tasks: Sequence[str]) -> TaskGradients:
        return ExactGradients(losses, model.shared_parameters(), [model.task_parameters(task) for task in tasks])
