"""Forward passes of one step and the task gradients behind them, by what the weighting needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.gradients.base import TaskGradients
from workbench.gradients.halves import Halves
from workbench.training.diagnosis import Diverged, diagnosis
from workbench.training.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Seen:
    """What the forward passes of a step gave.

    Attributes:
        losses: one scalar per active task, with its graph where an ordinary backward pass is still to come.
        values: the same as numbers, ``[k]``.
        taken: the task gradients, where they were asked for.
    """

    losses: Sequence[Tensor]
    values: Tensor
    taken: TaskGradients | None


def one_pass(exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool) -> Seen:
    """One forward pass over the batch."""
    losses, values, _, names = _forward(exp, rows, active, number, take)
    return Seen(losses, values, exp.gradients.take(exp.model, losses, names) if take else None)


def two_halves(exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool) -> Seen:
    """A forward pass and the task gradients of each half of the batch (a batch of one row is both its halves)."""
    parts = rows.tensor_split(2) if len(rows) > 1 else (rows, rows)
    taken, values, counts = [], [], []
    for part in parts:
        losses, found, targets, names = _forward(exp, part, active, number, True)
        taken.append(exp.gradients.take(exp.model, losses, names))
        values.append(found)
        counts.append(_labels(exp, targets, active, found))
    count = torch.stack(counts)
    shares = count / count.sum(0).clamp(min=1)
    mean = (torch.stack(values) * shares).sum(0)
    return Seen(list(mean), mean, Halves(taken[0], taken[1], shares))


def _forward(
    exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool
) -> tuple[list[Tensor], Tensor, dict[str, Tensor], list[str]]:
    names = [exp.names[i] for i in active]
    views, targets = exp.data.batch(rows)
    with exp.autocast():
        outputs = exp.gradients.forward(exp.model, views, names) if take else exp.model(views, names)
        losses = [task_loss(exp, i, outputs, targets) for i in active]
    values = torch.stack(losses).detach()
    if exp.device.type == "cpu" and not math.isfinite(values.sum().item()):
        raise Diverged(diagnosis(exp, number, active, values.tolist(), views, outputs))
    return losses, values, targets, names


def task_loss(exp: Experiment, i: int, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
    """The loss of one task on a batch: the mean over its labels."""
    task = exp.tasks[i]
    complete = task.name not in exp.data.labelled
    return (task.mean_loss if complete else task.loss)(outputs[task.name], targets[task.name])


def _labels(exp: Experiment, targets: dict[str, Tensor], active: Sequence[int], like: Tensor) -> Tensor:
    """Labels per active task, ``[k]``."""
    counts = [
        exp.tasks[i].present(targets[exp.names[i]]).sum().to(like)
        if exp.names[i] in exp.data.labelled
        else like.new_tensor(len(targets[exp.names[i]]))
        for i in active
    ]
    return torch.stack(counts)
