"""Dual balancing with averaged gradients."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.jacobian.rows import Tracking, lengths
from workbench.weightings.log_heads import LogHeads
from workbench.weightings.solvers.scaling import ratio


@register("weighting", "db_mtl_ema", source="Lin et al. 2023, arXiv 2308.12029")
class DBMTLEMA(LogHeads, Tracking):
    """Gradients of the logarithms of the losses, averaged over steps, all brought to the length of the longest.

    ``y_i ← β_t y_i + (1 − β_t) g_i / L_i`` with ``β_t = beta / t^decay``, from 0; then
    ``d = max_j ‖y_j‖ · Σ_i y_i / ‖y_i‖``. t counts the steps of each task; the row of an absent task waits.

    The direction does not depend on the scale of the losses. No guarantee: it may hurt a task. Length: a sum, small
    in the first steps, since averages start at 0. Heads follow the log loss (factor ``1 / L_i``), as in the paper;
    ``heads`` can say otherwise. A loss that is not positive counts as a zero gradient; the authors' code takes
    ``log(L + 1e-8)``. The paper tunes ``beta`` among 0.1, 0.5, 0.9 and the same over ``√t`` (``decay = 0.5``);
    ``beta = 0`` is ``db_mtl``.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("db_mtl_ema", beta=0.5)
    >>> weighting(torch.tensor([[1.0, 0.0], [0.0, 4.0]]), losses=torch.tensor([1.0, 2.0])).tolist()
    [1.0, 1.0]
    """

    beta: Annotated[
        float, Field(ge=0, lt=1, description="memory of the average at the first step"), Slider(0, 0.99)
    ] = 0.9
    decay: Annotated[
        float, Field(ge=0, le=1, description="power of the step number by which beta falls"), Slider(0, 1)
    ] = 0.0

    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'db_mtl_ema' needs losses=.")
        L = losses.detach().double()
        most = torch.finfo(J.dtype).max / 8
        factor = torch.minimum(ratio(torch.ones_like(L), L), most / lengths(J).clamp(min=1.0))  # no entry overflows
        at = self.enter(J, tasks)
        Y = self.follow(J * factor.to(J)[:, None], 1 - self.beta / self.count[at] ** self.decay, at)
        length = lengths(Y)
        return ratio(length.max(), length).clamp(max=most).to(Y) @ Y
