"""One step ahead on a copy of the parameters, judged on validation rows: what bilevel weightings learn from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from workbench.gradients.base import TaskGradients
from workbench.training.experiment import Experiment
from workbench.training.looks import Seen, one_pass, task_loss


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
        buffers = {name: buffer.clone() for name, buffer in exp.model.named_buffers()}
        there = {f"model.{name}": value for name, value in {**moved, **buffers}.items()}
        judges = [i for i in self.active if exp.names[i] in judged]
        with exp.autocast():
            loss = functional_call(_Judge(exp), there, (self.rows, judges))
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


class _Judge(nn.Module):
    """The summed loss of some tasks: heads that work within the loss are called with the parameters given, too."""

    def __init__(self, exp: Experiment) -> None:
        super().__init__()
        self.exp, self.model = exp, exp.model

    def forward(self, rows: Tensor, positions: Sequence[int]) -> Tensor:
        views, targets = self.exp.data.batch(rows)
        outputs = self.model(views, [self.exp.names[i] for i in positions])
        return torch.stack([task_loss(self.exp, i, outputs, targets, rows) for i in positions]).sum()


def with_validation(exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool) -> Seen:
    """One forward pass over the batch, and a batch of validation rows to judge the next step by."""
    seen = one_pass(exp, rows, active, number, True)
    assert seen.taken is not None
    ahead = Ahead(exp, seen.taken, exp.validation_rows(number), active)
    return Seen(seen.losses, seen.values, ahead, seen.penalty)
