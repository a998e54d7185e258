"""Two bumps, and two parabolas."""

from math import sqrt
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field
from workbench.toys.base import Toy


class Fonseca(Toy):
    """Two bumps with a concave front: weighted sums only find its ends.

    ``L₁ = 1 − exp(−Σ (x_i − 1/√n)²)`` and ``L₂ = 1 − exp(−Σ (x_i + 1/√n)²)``. The Pareto set has all coordinates
    equal, from ``−1/√n`` to ``1/√n``; the front is ``L₂ = 1 − exp(−(2 − √(−ln(1 − L₁)))²)``, ``L₁`` from 0 to
    ``1 − e⁻⁴``. Area dominated up to (1.1, 1.1): 0.5521. Fonseca & Fleming 1995; n = 20 in the papers on MGDA,
    Pareto-MTL and EPO.
    """

    name = "fonseca"
    view = (-2.0, 2.0)

    n: Annotated[int, Field(ge=1, description="number of coordinates; a picture needs 2")] = 2

    def setup(self) -> None:
        self.dims = self.n

    @property
    def starts(self) -> Tensor:
        """Five points drawn evenly from the box from -½ to ½, as in those papers."""
        generator = torch.Generator().manual_seed(0)
        return torch.rand(5, self.n, generator=generator, dtype=torch.float64) - 0.5

    def losses(self, x: Tensor) -> Tensor:
        shift = 1 / sqrt(self.n)
        far = torch.stack([(x - shift).square().sum(-1), (x + shift).square().sum(-1)], -1)
        return -torch.expm1(-far)

    def pareto_set(self, n: int = 201) -> Tensor:
        line = torch.linspace(1 / sqrt(self.n), -1 / sqrt(self.n), n, dtype=torch.float64)
        return line[:, None].expand(n, self.n).clone()


class Schaffer(Toy):
    """Two parabolas in one coordinate.

    ``L₁ = x²`` and ``L₂ = (x − 2)²``. Pareto set: x from 0 to 2; front: ``√L₂ = 2 − √L₁``, convex. Schaffer 1985.
    """

    name = "schaffer"
    dims = 1
    view = (-2.0, 4.0)

    @property
    def starts(self) -> Tensor:
        return torch.tensor([[-2.0], [1.5], [4.0]], dtype=torch.float64)

    def losses(self, x: Tensor) -> Tensor:
        return torch.stack([x[..., 0].square(), (x[..., 0] - 2).square()], -1)

    def pareto_set(self, n: int = 201) -> Tensor:
        return torch.linspace(0, 2, n, dtype=torch.float64)[:, None]
