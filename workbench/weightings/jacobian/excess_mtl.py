"""Robust multi-task learning with excess risks."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Heads
from workbench.weightings.jacobian.rows import Tracking
from workbench.weightings.solvers.scaling import ratio


@register("weighting", "excess_mtl", source="He et al., ICML 2024, arXiv 2402.02009 (from LibMTL and TorchJD)")
class ExcessMTL(Tracking):
    """Tasks that are still far from their own best loss get more weight, noisy ones do not.

    The excess risk of task i, how far its loss is above the best it can be, is estimated to second order with
    AdaGrad's diagonal: ``H_i ← H_i + g_i²`` (per coordinate), ``e_i = Σ g_i² / √H_i``. Divided by its mean ``e_i⁰``
    over the first ``warmup`` steps it moves the weights, ``w_i ← w_i · exp(eta · e_i / e_i⁰)``, which are then scaled
    to sum to K; the update is ``wᵀJ``. During a task's warm-up its weight is not moved. Rows of absent tasks wait.

    No guarantee. Length: a sum, as in LibMTL and the authors' code (the paper and TorchJD: weights on the simplex).
    Both codes add 1e-7 to H, which freezes the weights of tasks with tiny gradients; here there is no such number. The
    paper warms up for three epochs; both codes by default take the first step alone, which TorchJD lets move the
    weights already. Its step size is 1, LibMTL's 0.01. The warm-up of a task starts with its first gradient that is
    not zero.

    >>> import torch, workbench as wb
    >>> weighting, J = wb.weightings.get("excess_mtl", eta=1.0), torch.eye(2)
    >>> weighting(J).tolist(), [round(x, 3) for x in weighting(J * torch.tensor([[1.0], [0.1]])).tolist()]
    ([1.0, 1.0], [1.335, 0.066])
    """

    memory: ClassVar[tuple[str, ...]] = ("rows", "count", "first", "log_weights")

    heads: Heads = "weighted"
    eta: Annotated[float, Field(gt=0, description="step size of the weights"), Slider(1e-3, 1, log=True)] = 0.01
    warmup: Annotated[
        int, Field(ge=1, description="steps over which a task's first excess risk is averaged"), Slider(1, 1000)
    ] = 1

    def _start(self, rows: Tensor) -> None:
        super()._start(rows)
        self.first, self.log_weights = torch.zeros_like(self.count), torch.zeros_like(self.count)
        self.weights = self.log_weights.exp()  # of the present tasks, as last used

    def head_weights(self, weights: Tensor, losses: Tensor) -> Tensor:
        return self.weights.to(weights) if self.heads == "weighted" else super().head_weights(weights, losses)

    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.enter(J, tasks)
        root = torch.hypot(self.rows[at], J)  # √H: it neither overflows nor vanishes
        self.rows[at] = root
        excess = (J / root).mul_(J).nansum(1).clamp(max=torch.finfo(J.dtype).max).double()  # 0 / 0 adds nothing
        first = self.first[at]
        self.count[at] -= ((first == 0) & (excess == 0)).double()
        count = self.count[at]
        warm = count <= self.warmup
        self.first[at] = torch.where(warm, first + (excess - first) / count.clamp(min=1), first)
        old = self.log_weights[at]
        moved = old + torch.where(warm, 0.0, self.eta * ratio(excess, first))
        new = torch.log_softmax(moved, 0)
        self.log_weights[at] = new + torch.logsumexp(old, 0)
        self.weights = new.exp() * len(J)
        return self.weights.to(J) @ J
