"""The gradient of each task's loss, taken only when something asks: a weighting, or the affinity map."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import Component


class TaskGradients:
    """Task gradients of one step.

    Attributes:
        blocks: the columns of the jacobian part by part, ``[K, P_1], [K, P_2], …``; rows are the present tasks.
        own: parameters of each present task alone.
        own_gradients: the gradient of each task's loss with respect to them; None where it does not take part.
        examples: how many examples the columns belong to, one after another; None: they belong to parameters.
    """

    blocks: list[Tensor]
    own: Sequence[Sequence[nn.Parameter]]
    own_gradients: Sequence[Sequence[Tensor | None]]
    examples: int | None = None

    def gramian(self) -> Tensor:
        """``G = JJᵀ``, ``[K, K]``."""
        return sum((block @ block.T for block in self.blocks), torch.zeros(()))

    @cached_property
    def jacobian(self) -> Tensor:
        """``J``, ``[K, P]``; put together only for those who look at single coordinates."""
        return torch.cat(self.blocks, dim=1)

    def backward(self, weights: Tensor, own: Tensor) -> None:
        """Fill ``.grad`` of all parameters with the update ``wᵀJ``.

        Args:
            weights: of the tasks, ``[K]``.
            own: factor for the gradient of each task's own parameters, ``[K]``.
        """
        self.fill([weights @ block for block in self.blocks], own)

    def backward_along(self, direction: Tensor, own: Tensor) -> None:
        """Fill ``.grad`` of all parameters with an update given in the coordinates of ``jacobian``, ``[P]``."""
        self.fill(list(direction.split([block.shape[1] for block in self.blocks])), own)

    def fill(self, parts: list[Tensor], own: Tensor) -> None:
        """Fill ``.grad``: of the shared parameters from the parts of the update, of a task's own with its factor."""
        self.fill_shared(parts)
        for parameters, gradients, factor in zip(self.own, self.own_gradients, own, strict=True):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = None if gradient is None else gradient * factor

    def fill_shared(self, parts: list[Tensor]) -> None:
        """Fill ``.grad`` of the shared parameters from the parts of the update."""
        raise NotImplementedError

    def carry_on(self) -> None:
        """After an ordinary backward pass from the losses: take it on to what lies behind a cut in the graph."""


class Gradients(Component):
    """Base of the ways to take task gradients. It runs the forward pass, since it may cut the graph at a boundary."""

    @abstractmethod
    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        """Outputs of the asked tasks."""

    @abstractmethod
    def take(self, model: Any, losses: Sequence[Tensor], tasks: Sequence[str]) -> TaskGradients:
        """The task gradients behind these losses, which come from the last ``forward``."""
