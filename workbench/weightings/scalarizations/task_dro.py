"""Distributionally robust optimisation over tasks."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import PerTask


@register("weighting", "task_dro", source="Sagawa et al. (group DRO), ICLR 2020, arXiv 1911.08731, tasks as groups")
class TaskDRO(PerTask):
    """Tasks whose loss stays large gain weight step by step, towards training for the worst task.

    At every step ``q_i ← q_i e^{η L_i}``, normalised to sum 1; then ``w = q``, ``L = Σ_i w_i L_i``.

    - ``L_i``: loss of task i; ``η``: step size of the weights, in the unit of 1/loss; ``q`` starts equal.
    - Range of the weights: 0 to 1, sum 1 (a K-th of equal weighting in length).

    State: ``log q``; a call is a step. Absent tasks keep their ``q``, and those present share the rest. Units do not
    cancel: a task whose loss can never be small takes all weight in the end. Codes differ: group DRO scales to sum 1,
    ExcessMTL's repository to sum K; both have η = 0.01.

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> wb.weightings.get("task_dro", eta=1.0)(losses).backward(); [round(w, 4) for w in losses.grad.tolist()]
    [0.2689, 0.7311]
    """

    memory: ClassVar[tuple[str, ...]] = ("log_share",)

    eta: Annotated[float, Field(gt=0, description="step size η of the weights"), Slider(0.001, 1, log=True)] = 0.01

    def reset(self, seed: int = 0) -> None:
        self.log_share = torch.log_softmax(self.full(0.0), 0)

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        old = self.log_share[at]
        weights = torch.log_softmax(old + self.eta * losses.detach(), 0)
        self.log_share[at] = (weights + torch.logsumexp(old, 0)).to(self.log_share.dtype)
        return losses @ weights.exp().to(losses.dtype)
