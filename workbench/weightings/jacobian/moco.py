"""Multi-objective gradient correction."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import Heads
from workbench.weightings.jacobian.rows import Tracking, lengths
from workbench.weightings.solvers.scaling import ratio


@register("weighting", "moco", source="Fernando et al., ICLR 2023 (from LibMTL)")
class MoCo(Tracking):
    """Weights take one small step towards the minimum norm, on gradients averaged over steps against their noise.

    At step t, with ``β_t = beta / √t`` and ``γ_t = gamma / √t``: ``y_i ← y_i + β_t (ĝ_i − y_i)``,
    ``λ ← softmax(λ − γ_t (YYᵀ + ρ I) λ)``, ``d = λᵀY``. The tracked ``y_i`` start at 0 and ``λ_i`` at ``1/K``; ``ĝ_i``
    is the task's gradient brought to length ``L_i`` (``scale="loss"``, as in the authors' code) or as it is
    (``"none"``). t counts the steps of each task, for γ those of the task with most; rows of absent tasks wait, and the
    λ of the present ones sum to 1.

    No guarantee at a single step. Length: a mean of the tracked gradients, half of it at the first step. With
    ``scale="loss"`` the direction does not depend on the lengths of the gradients, but on the scales of the losses,
    whose unit is that of ``1 / √γ``. Since the softmax takes numbers between 0 and 1, where the step is small no weight
    exceeds another e-fold; the paper projects onto the simplex instead.

    >>> import torch, workbench as wb
    >>> d = wb.weightings.get("moco")(torch.tensor([[3.0, 0.0], [0.0, 4.0]]), losses=torch.tensor([1.0, 2.0]))
    >>> [round(x, 4) for x in d.tolist()]
    [0.2547, 0.4906]
    """

    memory: ClassVar[tuple[str, ...]] = ("rows", "count", "weights")

    heads: Heads = "own"
    scale: Annotated[
        Literal["loss", "none"], Field(description="length of the gradients that are tracked: their loss, or their own")
    ] = "loss"
    beta: Annotated[float, Field(gt=0, le=1, description="how fast tracking follows"), Slider(0.01, 1)] = 0.5
    gamma: Annotated[float, Field(ge=0, description="step size of the weights"), Slider(0, 10)] = 0.1
    rho: Annotated[float, Field(ge=0, description="pull towards equal weights"), Slider(0, 1)] = 0.0

    def _start(self, rows: Tensor) -> None:
        super()._start(rows)
        self.weights = torch.ones_like(self.count)

    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if self.scale == "loss":
            if losses is None:
                raise WorkbenchError("Weighting 'moco' with scale 'loss' needs losses=.")
            length = lengths(J)
            J = J * ratio(losses.detach().double(), length).clamp(max=torch.finfo(J.dtype).max).to(J)[:, None]
        at = self.enter(J, tasks)
        t = self.count[at].sqrt()
        Y = self.follow(J, self.beta / t, at)
        size = lengths(Y).max().clamp(min=torch.finfo(Y.dtype).tiny).to(Y)  # so that no product overflows
        unit = Y / size
        G = (unit @ unit.T).double() * size.double().square()
        share = self.weights[at]
        whole = share / share.sum()
        slope = G @ whole + self.rho * whole
        new = torch.softmax(whole - self.gamma / t.max() * slope, 0)
        self.weights[at] = new * share.sum()
        return new.to(Y) @ Y
