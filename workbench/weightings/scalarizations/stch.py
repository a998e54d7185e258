"""Smooth Tchebycheff."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import Aimed, smallest


def smooth_maximum(values: Tensor, mu: float) -> Tensor:
    """``μ log Σ_i e^{v_i / μ}`` over the last dimension, for ``values [..., K]``."""
    return mu * torch.logsumexp(values / mu, -1)


@register("weighting", "stch", source="Lin et al., ICML 2024, arXiv 2402.19078", tags=("core",))
class STCH(Aimed):
    """A smooth maximum of the weighted losses: the task that is worst, by your measure, counts most.

    - ``form="paper"``: ``L = μ log Σ_i e^{λ_i (L_i - z_i) / μ}``, so ``w_i = λ_i softmax(λ (L - z) / μ)_i``.
    - ``form="code"``: the authors' multi-task code works on logarithms and has no ``λ`` and ``z``. For ``warmup``
      epochs ``Σ_i log L_i``, then ``K μ log Σ_i (L_i / ν_i)^{1/μ}`` with ``ν_i`` the mean training loss in the last
      warm-up epoch, so ``w_i = K softmax(log(L / ν) / μ)_i / L_i``.

    - ``L_i``: loss of task i (positive for "code"); ``λ``: preference, positive, sum 1; ``z_i``: ideal loss;
      ``μ``: smoothing, in the unit of ``λ L`` for "paper", without unit for "code". ``μ → 0``: ``tchebycheff``.
    - Range of the weights: paper 0 to ``λ_i``, sum at most 1; code positive, unbounded as a loss goes to 0.

    The paper tries μ in {0.01, 0.1, 0.5, 1}; its code has μ = 1 and a warm-up "of 4" that lasts 5 epochs, as it
    counts from 0. A task absent from the last warm-up epoch keeps its latest mean, and ν = 1 if it has none
    (``warmup=0``).

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> wb.weightings.get("stch", mu=0.5)(losses).backward(); [round(w, 4) for w in losses.grad.tolist()]
    [0.1345, 0.3655]
    """

    memory: ClassVar[tuple[str, ...]] = ("epochs", "nadir")

    form: Annotated[Literal["paper", "code"], Field(description="on losses, or on their logs after a warm-up")] = (
        "paper"
    )
    mu: Annotated[
        float, Field(gt=0, description="smoothing μ: small is near the maximum"), Slider(0.01, 2, log=True)
    ] = 0.1
    warmup: Annotated[int, Field(ge=0, description="epochs of Σ log L first (form 'code')"), Slider(0, 10)] = 4

    def reset(self, seed: int = 0) -> None:
        super().reset(seed)
        self.epochs = 0
        self.nadir = self.full(1.0)

    def end_epoch(self, losses: Tensor) -> None:
        self.epochs += 1
        if self.names and self.epochs <= self.warmup:
            self.nadir = torch.where(losses.isnan(), self.nadir, losses.detach().to(self.nadir))

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        if self.form == "paper":
            gap = losses - self.best[at].to(losses.dtype)
            return smooth_maximum(self.importance[at].to(losses.dtype) * gap, self.mu)
        logs = losses.clamp(min=smallest(losses)).log()
        if self.epochs < self.warmup:
            return logs.sum()
        nadir = self.nadir[at].to(losses.dtype).clamp(min=smallest(losses))
        return len(losses) * smooth_maximum(logs - nadir.log(), self.mu)
