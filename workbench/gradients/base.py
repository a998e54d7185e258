"""The gradient of each task's loss, taken only when something asks: a weighting, or the affinity map."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from workbench.component import Component


class TaskGradients:
    """Task gradients of one step.

    Rows of ``jacobian`` are the tasks that are present, in order; columns are coordinates of what they share. Taking
    it costs one backward pass per task; the gramian then costs one small matrix product.
    """

    jacobian: Tensor

    def gramian(self) -> Tensor:
        """``G = JJᵀ``, ``[K, K]``."""
        J = self.jacobian
        return J @ J.T

    def carry_on(self) -> None:
        """After an ordinary backward pass from the losses: take it on to what lies behind a cut in the graph."""

    def backward(self, direction: Tensor, own: Sequence[float] | Tensor) -> None:
        """Fill ``.grad`` of all parameters.

        Args:
            direction: the update in the coordinates of ``jacobian``, ``[P]``.
            own: factor for the gradient of each task's own parameters, ``[K]``.
        """
        raise NotImplementedError


class Gradients(Component):
    """Base of the ways to take task gradients. It runs the forward pass, since it may cut the graph at a boundary."""

    @abstractmethod
    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        """Outputs of the asked tasks."""

    @abstractmethod
    def take(self, model: Any, losses: Sequence[Tensor], tasks: Sequence[str]) -> TaskGradients:
        """The task gradients behind these losses, which come from the last ``forward``."""
