"""Auto-Lambda."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import BilevelWeighting, Heads
from workbench.weightings.memory import adam


@register("weighting", "auto_lambda", source="Liu et al., TMLR 2022, arXiv 2202.03091")
class AutoLambda(BilevelWeighting):
    """Weights learn from validation data which tasks help the primary ones.

    ``λ ← Adam(λ, ∂/∂λ_i Σ_{p primary} L_p^val(θ − lr Σ_j λ_j g_j))``; the gradient is ``−lr g_iᵀ ∇L^val(θ')``, with θ'
    the parameters one plain gradient step ahead and g_i the gradients of all parameters, heads included. The update
    is ``λᵀJ``. Starts at λ = 0.1; weights may become negative (a task is then unlearned).

    No guarantee. Length: a sum, at the start a tenth of plain summation. The published code takes the same derivative
    by finite differences (two more forward passes; here it is exact, from the task gradients), lets SGD's momentum
    and weight decay into the look ahead, and draws the validation batch without replacement. Here it is drawn from the
    validation split with replacement, so validation scores of such a run have been trained on: judge it by the test
    split.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("auto_lambda", rate=0.01)
    >>> [round(x, 3) for x in weighting(torch.tensor([-1.0, 2.0])).tolist()]
    [0.11, 0.09]
    """

    memory: ClassVar[tuple[str, ...]] = ("weights", "mean", "square", "count")

    heads: Heads = "weighted"
    primary: Annotated[
        list[str] | None, Field(description="tasks whose validation loss counts; none given: all of them")
    ] = None
    start: Annotated[float, Field(gt=0, description="weight of every task at the start"), Slider(0.01, 1)] = 0.1
    rate: Annotated[
        float, Field(gt=0, lt=0.5, description="Adam's learning rate of the weights"), Slider(1e-5, 0.1, log=True)
    ] = 1e-4

    def bind(self, names: Sequence[str], seed: int = 0, device: object = "cpu") -> None:
        super().bind(names, seed, device)
        self.check_names(self.primary or (), "primary")
        if self.primary is not None and not self.primary:
            raise WorkbenchError("Weighting 'auto_lambda': primary names no task; leave it out to count all of them.")

    def reset(self, seed: int = 0) -> None:
        self._start(len(self.names))

    def _start(self, count: int) -> None:
        self.weights = torch.full((count,), self.start, dtype=torch.float64)
        self.mean, self.square, self.count = (torch.zeros_like(self.weights) for _ in range(3))

    def current(self, count: int, tasks: Sequence[int] | None = None) -> Tensor:
        if len(self.weights) < count:
            self._start(count)
        return self.weights[list(range(count) if tasks is None else tasks)]

    def judged(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self.primary is None or name in self.primary]

    def __call__(self, effects: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        at = list(range(len(effects)) if tasks is None else tasks)
        self.current(len(effects), tasks)
        slope = effects.detach().to("cpu", torch.float64)
        for key in self.memory:
            setattr(self, key, getattr(self, key).clone())
        moments = (self.mean[at], self.square[at], self.count[at])
        move, self.mean[at], self.square[at], self.count[at] = adam(slope, *moments)
        self.weights[at] -= self.rate * move
        return self.weights[at].to(effects)
