"""The two-loss landscape of CAGrad and Nash-MTL."""

from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider
from workbench.toys.base import Toy

#: keeps the logarithms finite
EPSILON = 5e-6


class CAGradLandscape(Toy):
    """Two narrow valleys above, one wide one below; the losses fight on the way down.

    With ``c₁ = max(tanh(x₂/2), 0)``, ``c₂ = max(tanh(−x₂/2), 0)`` and ``ε = 5e-6``::

        L₁ = s (A c₁ + P c₂)    A = log max(|(−x₁ − 7)/2 − tanh(−x₂)|, ε) + 6
                                P = ((x₁ − 7)² + 0.1 (x₂ + 8)²)/10 − 20
        L₂ =    B c₁ + Q c₂     B = log max(|(−x₁ + 3)/2 + tanh(−x₂) + 2|, ε) + 6
                                Q = ((x₁ + 7)² + 0.1 (x₂ + 8)²)/10 − 20

    ``s = 1``: CAGrad (Liu et al., NeurIPS 2021); ``s = 0.1``: Nash-MTL (Navon et al., ICML 2022) and FAMO. The best
    points lie in the lower half, at ``x₁ = 7 (2α − 1)`` for ``α = s w₁/(s w₁ + w₂)``, and ``x₂`` is where the slope
    vanishes. The papers draw this set as the segment ``x₂ = −8.3552``, which is exact only at ``x₁ = 0``; at the ends
    it is −8.4345.
    """

    name = "cagrad"
    view = (-11.0, 11.0)

    s: Annotated[float, Field(gt=0, description="scale of the first loss"), Slider(0.01, 10, log=True)] = 1.0

    def setup(self) -> None:
        self.lower = (-21.0 * self.s, -21.0)  # as FAMO's own toy has it
        self.scales = torch.tensor([self.s, 1.0], dtype=torch.float64)
        self.sides = torch.tensor([1.0, -1.0], dtype=torch.float64)

    @property
    def starts(self) -> Tensor:
        """CAGrad's three starts for ``s = 1``, else the five of Nash-MTL and FAMO."""
        cagrad = [[-8.5, 7.5], [-8.5, -5.0], [9.0, 9.0]]
        nash = [[-8.5, 7.5], [0.0, 0.0], [9.0, 9.0], [-7.5, -0.5], [9.0, -1.0]]
        return torch.tensor(cagrad if self.s == 1 else nash, dtype=torch.float64)

    def losses(self, x: Tensor) -> Tensor:
        return self._parts(x)[0]

    def jacobian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """By hand: it is asked for at every step of every path.

        At ``x₂ = 0`` both ``c₁`` and ``c₂`` count as moving, or the paper's start (0, 0) would stay where it is.
        """
        x = x.detach()
        losses, (valley, inside, bowl, upper, lower) = self._parts(x)
        x1, x2 = x[..., :1], x[..., 1:]
        t, u = torch.tanh(x2), torch.tanh(x2 / 2)
        half = 0.5 * (1 - u.square())
        upper_2, lower_2 = torch.where(x2 >= 0, half, 0.0), torch.where(x2 <= 0, -half, 0.0)
        rise = torch.where(inside.abs() >= EPSILON, 1 / inside, 0.0)
        first = -0.5 * rise * upper + (x1 - 7 * self.sides) / 5 * lower
        second = self.sides * (1 - t.square()) * rise * upper + valley * upper_2
        second = second + 0.02 * (x2 + 8) * lower + bowl * lower_2
        return losses, torch.stack([first, second], -1) * self.scales[:, None]

    def _parts(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Losses; (A, B), what their logarithms are taken of, (P, Q), each ``[..., 2]``; c₁ and c₂, ``[..., 1]``."""
        x1, x2 = x[..., :1], x[..., 1:]
        u = torch.tanh(x2 / 2)
        upper, lower = u.clamp(min=0), (-u).clamp(min=0)
        inside = (-7 * self.sides - x1) / 2 + self.sides * torch.tanh(x2)
        valley = inside.abs().clamp(min=EPSILON).log() + 6
        bowl = ((x1 - 7 * self.sides).square() + 0.1 * (x2 + 8).square()) / 10 - 20
        return self.scales * (valley * upper + bowl * lower), (valley, inside, bowl, upper, lower)

    def minimum(self, weights: tuple[float, float]) -> Tensor:
        """The exact minimum of ``w₁ L₁ + w₂ L₂``, ``[2]``."""
        first = self.s * weights[0]
        return _valley(torch.tensor(first / (first + weights[1]), dtype=torch.float64))

    def pareto_set(self, n: int = 201) -> Tensor:
        return _valley(torch.linspace(0, 1, n, dtype=torch.float64))


def _valley(alpha: Tensor) -> Tensor:
    """The minimum of ``(αP + (1 − α)Q) c₂`` for every α, ``[..., 2]``."""
    x2 = torch.full_like(alpha, -8.4)
    for _ in range(20):  # Newton's method; curvature near the start is .02 … .03
        bowl = 19.6 * alpha * (1 - alpha) + 0.01 * (x2 + 8).square() - 20
        bowl_1 = 0.02 * (x2 + 8)
        c, t = torch.tanh(-x2 / 2), torch.tanh(x2 / 2)
        c_1 = -0.5 * (1 - t.square())
        c_2 = 0.5 * (1 - t.square()) * t
        x2 = x2 - (bowl_1 * c + bowl * c_1) / (0.02 * c + 2 * bowl_1 * c_1 + bowl * c_2)
    return torch.stack([7 * (2 * alpha - 1), x2], -1)
