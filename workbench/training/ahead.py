"""One step ahead on a copy of the parameters, judged on validation rows: what bilevel weightings learn from."""

from collections.abc import Sequence

import torch
from torch import Tensor

from workbench.gradients.base import TaskGradients
from workbench.training.experiment import Experiment
from workbench.training.judge import losses_with
from workbench.training.looks import Portions, Seen, one_pass


class Ahead(TaskGradients):
    """Task gradients that also tell how each weight moves the validation loss one step ahead.

    Args:
        taken: exact task gradients on the training batch.
        rows: of the validation split, on the device.
        active: positions of the tasks.
    """

    def __init__(self, exp: Experiment, taken: TaskGradients, rows: Tensor, active: Sequence[int]) -> None:
        self.exp, self.taken, self.rows, self.active = exp, taken, rows, active
        self.blocks, self.own, self.own_gradients = taken.blocks, taken.own, taken.own_gradients

    def fill_shared(self, parts: list[Tensor]) -> None:
        self.taken.fill_shared(parts)

    def effects(self, weights: Tensor, judged: Sequence[str]) -> Tensor:
        """``∂/∂w_i Σ_{judged} L_val(θ − lr Σ_j w_j g_j) = −lr g_iᵀ ∇L_val(θ')``, ``[k]``, exactly.

        ``g_i`` are the gradients of all parameters, heads included. Buffers (running means, say) stay as they are.
        """
        exp, lr = self.exp, self.exp.optimizer.param_groups[0]["lr"]
        columns = self._columns()
        moved, places = {}, {}
        for name, parameter in exp.model.named_parameters():
            rows = columns.get(id(parameter))
            if rows is not None:
                there = parameter.detach() - lr * (weights @ rows).view_as(parameter)
                moved[name] = there.requires_grad_()
                places[name] = rows
        loss = losses_with(exp, moved, self.rows, [i for i in self.active if exp.names[i] in judged]).sum()
        found = torch.autograd.grad(loss, list(moved.values()), allow_unused=True)
        effects = torch.zeros_like(weights)
        for rows, slope in zip(places.values(), found, strict=True):
            if slope is not None:
                effects = effects + rows @ slope.reshape(-1)
        return -lr * effects

    def _columns(self) -> dict[int, Tensor]:
        """Every trained parameter's part of the task gradients, ``[k, size]``, by identity."""
        columns = {id(p): block for p, block in zip(self.exp.shared, self.blocks, strict=False)}
        for place, (parameters, gradients) in enumerate(zip(self.own, self.own_gradients, strict=True)):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                if gradient is not None:
                    rows = parameter.new_zeros(len(self.own), parameter.numel())
                    rows[place] = gradient.reshape(-1)
                    columns[id(parameter)] = rows
        return columns


def with_validation(
    exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool, portions: Portions = None
) -> Seen:
    """One forward pass over the batch, and a batch of validation rows to judge the next step by."""
    seen = one_pass(exp, rows, active, number, True, portions)
    assert seen.taken is not None
    ahead = Ahead(exp, seen.taken, exp.validation_rows(number), active)
    return Seen(seen.losses, seen.values, ahead, seen.penalty)
