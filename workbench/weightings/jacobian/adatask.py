"""AdaTask: every task with its own Adam."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Heads, JacobianAggregator


@register("weighting", "adatask", source="Yang et al., AAAI 2023, arXiv 2211.15055")
class AdaTask(JacobianAggregator):
    """Every task keeps its own Adam moments of the shared parameters; the steps are added.

    Per task and coordinate: ``m_i ← β₁ m_i + (1 − β₁) g_i``, ``v_i ← β₂ v_i + (1 − β₂) g_i²``,
    ``d = Σ_i m̂_i / (√v̂_i + ε)`` with the usual bias corrections; the shared parameters take ``θ ← θ − lr · d`` as it
    is, heads go through the optimiser of the spec (take ``adam``). No task can drown another: the direction
    does not depend on the scale of any loss. A task that is absent keeps its moments and adds nothing.

    No guarantee. Length: a sum of K Adam steps, each coordinate at most about K. Memory: two more numbers per task
    and shared parameter. Weight decay of the optimiser does not reach the shared parameters. ε is 1e-8 times the
    largest entry of the task's first gradient (in Adam 1e-8 as it is), so that tiny gradients count like others.

    >>> import torch, workbench as wb
    >>> d = wb.weightings.get("adatask")(torch.tensor([[1.0, -2.0], [100.0, 50.0]]))
    >>> [round(x, 3) for x in d.tolist()]
    [2.0, 0.0]
    """

    memory: ClassVar[tuple[str, ...]] = ("mean", "square", "count", "unit")
    direct: ClassVar[bool] = True

    heads: Heads = "own"
    beta1: Annotated[float, Field(ge=0, lt=1, description="memory of the mean"), Slider(0, 0.99)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1, description="memory of the square"), Slider(0.9, 0.9999)] = 0.999

    def reset(self, seed: int = 0) -> None:
        self._start(len(self.names), torch.zeros(0))

    def _start(self, count: int, like: Tensor) -> None:
        self.mean, self.square = like.new_zeros(count, len(like)), like.new_zeros(count, len(like))
        self.count, self.unit = (torch.zeros(count, dtype=torch.float64) for _ in range(2))

    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        count = max(len(self.names), len(J))
        if self.mean.shape != (count, J.shape[1]):
            self._start(count, J[0])
        direction = torch.zeros_like(J[0])
        for row, i in zip(J, range(len(J)) if tasks is None else tasks, strict=True):
            if not self.unit[i]:
                self.unit[i] = torch.linalg.vector_norm(row, torch.inf).double() if len(row) else 0.0
            if not self.unit[i]:
                continue  # no gradient so far: nothing to remember
            self.count[i] += 1
            row = row / self.unit[i].to(row)
            mean = self.mean[i].lerp_(row, 1 - self.beta1)
            square = self.square[i].mul_(self.beta2).addcmul_(row, row, value=1 - self.beta2)
            t = float(self.count[i])
            size = (square / (1 - self.beta2**t)).sqrt_().add_(1e-8)
            direction.addcdiv_(mean, size, value=1 / (1 - self.beta1**t))
        return direction
