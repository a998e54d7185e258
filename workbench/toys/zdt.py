"""Problems 1 to 3 of Zitzler, Deb & Thiele."""

from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field
from workbench.toys.base import Toy


class _ZDT(Toy):
    """``L₁ = x₁``, ``L₂ = g · h(x₁, g)`` with ``g = 1 + 9 · mean(x₂ … x_n)``; points stay in the box from 0 to 1."""

    box = (0.0, 1.0)
    view = (0.0, 1.0)
    #: stretches of the first loss that make the front
    pieces: ClassVar[tuple[tuple[float, float], ...]] = ((0.0, 1.0),)

    n: Annotated[int, Field(ge=2, description="number of coordinates (30 in the paper); a picture needs 2")] = 2

    def setup(self) -> None:
        self.dims = self.n

    @property
    def starts(self) -> Tensor:
        """Three points with ``x₁`` spread and all others at 0.8."""
        points = torch.full((3, self.n), 0.8, dtype=torch.float64)
        points[:, 0] = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
        return points

    def losses(self, x: Tensor) -> Tensor:
        first = x[..., 0]
        g = 1 + 9 * x[..., 1:].mean(-1)
        return torch.stack([first, g * self.height(first, g)], -1)

    def height(self, first: Tensor, g: Tensor) -> Tensor:
        """The second loss over g."""
        raise NotImplementedError

    def pareto_set(self, n: int = 201) -> Tensor:
        lengths = [high - low for low, high in self.pieces]
        parts = [
            torch.linspace(low, high, max(2, round(n * length / sum(lengths))), dtype=torch.float64)
            for (low, high), length in zip(self.pieces, lengths, strict=True)
        ]
        first = torch.cat(parts)
        points = torch.zeros(len(first), self.n, dtype=torch.float64)
        points[:, 0] = first
        return points


def _root(ratio: Tensor) -> Tensor:
    """A root whose slope at 0 is no infinity; off by 1e-12 there."""
    return ratio.clamp(min=1e-24).sqrt()


class ZDT1(_ZDT):
    """A convex front: ``h = 1 − √(x₁/g)``, so on it ``L₂ = 1 − √L₁``.

    The rest is common to the family: ``L₁ = x₁``, ``L₂ = g h``, ``g = 1 + 9 · mean(x₂ … x_n)``, all in the box from 0
    to 1; the front has ``g = 1``. Area dominated up to (1.1, 1.1): 0.8767. Zitzler, Deb & Thiele 2000.
    """

    name = "zdt1"

    def height(self, first: Tensor, g: Tensor) -> Tensor:
        return 1 - _root(first / g)


class ZDT2(_ZDT):
    """A concave front: ``h = 1 − (x₁/g)²``, so on it ``L₂ = 1 − L₁²``.

    The rest as in ZDT1. Area dominated up to (1.1, 1.1): 0.5433. Zitzler, Deb & Thiele 2000.
    """

    name = "zdt2"

    def height(self, first: Tensor, g: Tensor) -> Tensor:
        return 1 - (first / g).square()


class ZDT3(_ZDT):
    """A front in five pieces: ``h = 1 − √(x₁/g) − (x₁/g) sin(10π x₁)``.

    The rest as in ZDT1; on the front ``L₂ = 1 − √L₁ − L₁ sin(10π L₁)``, where that is lower than everywhere before.
    Zitzler, Deb & Thiele 2000.
    """

    name = "zdt3"
    lower = (0.0, -0.8)
    #: each piece ends at a local minimum of the curve, and starts where the curve falls below the piece before
    pieces = (
        (0.0, 0.0830015349),
        (0.1822287280, 0.2577623634),
        (0.4093136748, 0.4538821041),
        (0.6183967944, 0.6525117038),
        (0.8233317983, 0.8518328654),
    )

    def height(self, first: Tensor, g: Tensor) -> Tensor:
        return 1 - _root(first / g) - first / g * torch.sin(10 * torch.pi * first)
