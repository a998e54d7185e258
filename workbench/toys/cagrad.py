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

    @property
    def starts(self) -> Tensor:
        """CAGrad's three starts for ``s = 1``, else the five of Nash-MTL and FAMO."""
        cagrad = [[-8.5, 7.5], [-8.5, -5.0], [9.0, 9.0]]
        nash = [[-8.5, 7.5], [0.0, 0.0], [9.0, 9.0], [-7.5, -0.5], [9.0, -1.0]]
        return torch.tensor(cagrad if self.s == 1 else nash, dtype=torch.float64)

    def losses(self, x: Tensor) -> Tensor:
        x1, x2 = x.unbind(-1)
        slope = torch.tanh(x2)
        upper, lower = torch.tanh(x2 / 2).clamp(min=0), torch.tanh(-x2 / 2).clamp(min=0)
        A = ((-x1 - 7) / 2 + slope).abs().clamp(min=EPSILON).log() + 6
        B = ((-x1 + 3) / 2 - slope + 2).abs().clamp(min=EPSILON).log() + 6
        bowl = 0.1 * (x2 + 8).square()
        P = ((x1 - 7).square() + bowl) / 10 - 20
        Q = ((x1 + 7).square() + bowl) / 10 - 20
        return torch.stack([self.s * (A * upper + P * lower), B * upper + Q * lower], -1)

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
