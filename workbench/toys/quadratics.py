"""Two bowls."""
# ruff: noqa: RUF012 (a component copies the defaults of its settings)

from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, WorkbenchError
from workbench.toys.base import Toy


class TwoQuadratics(Toy):
    """Two quadratic bowls whose Pareto set is a known curve.

    ``L₁ = ½ (x − a)ᵀ A (x − a)`` and ``L₂ = ½ (x − b)ᵀ B (x − b)`` with symmetric positive definite A and B. For
    ``α`` from 0 to 1 the minimum of ``α L₁ + (1 − α) L₂`` is ``x(α) = (αA + (1 − α)B)⁻¹ (αAa + (1 − α)Bb)``. Both are
    convex, so every Pareto point is such a minimum: a weighted sum can reach all of them.
    """

    name = "two_quadratics"
    view = (-3.0, 3.0)

    a: Annotated[list[float], Field(min_length=2, max_length=2, description="minimum of the first loss")] = [-1.0, 0.0]
    b: Annotated[list[float], Field(min_length=2, max_length=2, description="minimum of the second loss")] = [1.0, 0.5]
    A: Annotated[list[list[float]], Field(description="curvature of the first loss, 2 x 2")] = [[1.0, 0.0], [0.0, 4.0]]
    B: Annotated[list[list[float]], Field(description="curvature of the second loss, 2 x 2")] = [[4.0, 0.0], [0.0, 1.0]]

    def setup(self) -> None:
        for name in ("A", "B"):
            rows = getattr(self, name)
            if [len(row) for row in rows] != [2, 2]:
                raise WorkbenchError(f"toy 'two_quadratics': {name} should be two rows of two numbers, found {rows}.")
            matrix = torch.tensor(rows, dtype=torch.float64)
            if not torch.equal(matrix, matrix.T) or bool((torch.linalg.eigvalsh(matrix) <= 0).any()):
                raise WorkbenchError(
                    f"toy 'two_quadratics': {name} should be symmetric and positive definite, found {rows}."
                )

    @property
    def starts(self) -> Tensor:
        return torch.tensor([[-2.0, 2.5], [2.5, -2.0], [2.0, 2.5]], dtype=torch.float64)

    def losses(self, x: Tensor) -> Tensor:
        a, b, A, B = self._numbers()
        to_a, to_b = x - a, x - b
        return torch.stack([0.5 * ((to_a @ A) * to_a).sum(-1), 0.5 * ((to_b @ B) * to_b).sum(-1)], -1)

    def pareto_set(self, n: int = 201) -> Tensor:
        a, b, A, B = self._numbers()
        alpha = torch.linspace(0, 1, n, dtype=torch.float64)[:, None]
        bend = alpha[..., None] * A + (1 - alpha[..., None]) * B
        return torch.linalg.solve(bend, alpha * (A @ a) + (1 - alpha) * (B @ b))

    def _numbers(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        a, b, A, B = (torch.tensor(value, dtype=torch.float64) for value in (self.a, self.b, self.A, self.B))
        return a, b, A, B
