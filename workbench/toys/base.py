"""What a toy is: two losses of a point, and what is known about them."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from workbench.component import Component


class Toy(Component):
    """Two losses of a point with ``dims`` coordinates, to be minimised, and their exact Pareto front.

    All functions take any number of leading dimensions. Points and losses are float64.
    """

    family: ClassVar[str] = "toy"

    #: number of coordinates of a point
    dims: int = 2
    #: the square that figures show, ``(low, high)`` of both coordinates
    view: tuple[float, float] = (-1.0, 1.0)
    #: the box that points are kept in, ``(low, high)`` of every coordinate; None: no box
    box: tuple[float, float] | None = None
    #: a lower bound of each loss, for methods that take logarithms of losses
    lower: tuple[float, float] = (0.0, 0.0)

    @abstractmethod
    def losses(self, x: Tensor) -> Tensor:
        """Points ``[..., dims]`` -> both losses ``[..., 2]``."""

    @abstractmethod
    def pareto_set(self, n: int = 201) -> Tensor:
        """About ``n`` points ``[n, dims]`` of the Pareto set, in order along it."""

    @property
    @abstractmethod
    def starts(self) -> Tensor:
        """The usual starting points, ``[starts, dims]``."""

    def front(self, n: int = 201) -> Tensor:
        """Losses ``[n, 2]`` of the Pareto set, by falling or rising first loss."""
        return self.losses(self.pareto_set(n))

    def jacobian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both losses ``[..., 2]`` and their gradients ``[..., 2, dims]`` at points ``[..., dims]``.

        One backward pass through two copies of the points gives both rows.
        """
        twice = torch.stack([x, x]).detach().requires_grad_()
        losses = self.losses(twice)
        (gradient,) = torch.autograd.grad(losses[0, ..., 0].sum() + losses[1, ..., 1].sum(), twice)
        return losses[0].detach(), gradient.movedim(0, -2)
