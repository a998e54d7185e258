"""Random loss weighting."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from workbench.component import Field, register
from workbench.weightings.base import Scalarization


@register("weighting", "rlw", source="Lin et al., TMLR 2022, arXiv 2111.10603", tags=("core",))
class RLW(Scalarization):
    """Random weights, drawn anew at every step: the litmus test that any clever method should pass.

    ``L = Σ_i w_i L_i`` with, by ``distribution``:

    - ``"normal"``: ``w = softmax(z)``, ``z_i ~ N(0, 1)``.
    - ``"uniform"``: ``w = softmax(u)``, ``u_i ~ U(0, 1)``.
    - ``"dirichlet"``: ``w ~ Dirichlet(1, …, 1)``, uniform on the simplex.
    - ``"bernoulli"``: every task is in or out with probability ½, drawn again if none is in; ``w = in / number in``.

    Range of the weights: 0 to 1, sum 1 (a K-th of equal weighting in length), each ``1/K`` on average.

    State: a random generator, started by ``reset(seed)``; a call is a step. The weights are drawn for the tasks that
    are present. Codes differ: LibMTL applies the softmax to its Dirichlet draws too, and does not divide in
    "bernoulli". The variants other than "normal" follow LibMTL and memory, not the paper.

    >>> import torch, workbench as wb
    >>> round(wb.weightings.get("rlw")(torch.ones(3)).item(), 4)
    1.0
    """

    memory: ClassVar[tuple[str, ...]] = ("generator",)

    distribution: Annotated[
        Literal["normal", "dirichlet", "uniform", "bernoulli"], Field(description="what the weights are drawn from")
    ] = "normal"

    def reset(self, seed: int = 0) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> Tensor:
        """Weights of so many tasks, on the host."""
        if self.distribution == "normal":
            return torch.softmax(torch.randn(count, generator=self.generator), 0)
        uniform = torch.rand(count, generator=self.generator)
        if self.distribution == "uniform":
            return torch.softmax(uniform, 0)
        if self.distribution == "dirichlet":
            exponential = -torch.log1p(-uniform)  # independent, of mean 1: their shares are Dirichlet(1, …, 1)
            total = exponential.sum()
            return exponential / total if total > 0 else self.draw(count)
        chosen = (uniform < 0.5).float()
        return chosen / chosen.sum() if chosen.any() else self.draw(count)

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        return losses @ self.draw(len(losses)).to(losses, non_blocking=True)
