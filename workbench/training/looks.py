"""Forward passes of one step and the task gradients behind them, by what the weighting needs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workbench.fusions.several import Several
from workbench.gradients.base import TaskGradients
from workbench.gradients.halves import Halves
from workbench.training.diagnosis import Diverged, diagnosis
from workbench.training.experiment import Experiment
from workbench.training.portions import factors, parts_of
from workbench.training.spread import gathered, losses_of, total
from workbench.training.taken_part import batch_of, part_of, part_of_rank, task_sums, weights_of
from workbench.training.teacher import disagreement

#: task -> examples of the batch that are its own; None: all tasks train on all
Portions = Mapping[int, int] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the forward passes of a step gave.

    Attributes:
        losses: one scalar per active task, with its graph where an ordinary backward pass is still to come.
        values: the same as numbers, ``[k]``.
        taken: the task gradients, where they were asked for.
        penalty: what the model adds to the loss, outside the weights of the tasks, with its graph; None: nothing.
    """

    losses: Sequence[Tensor]
    values: Tensor
    taken: TaskGradients | None
    penalty: Tensor | None = None


def one_pass(
    exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool, portions: Portions = None
) -> Seen:
    """One forward pass over the batch, of which each task may have a part of its own."""
    losses, values, _, names = _forward(exp, rows, active, number, take, portions)
    penalty = _penalty(exp, rows)
    return Seen(losses, values, _taken(exp, losses, names, rows) if take else None, penalty)


def two_halves(
    exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool, portions: Portions = None
) -> Seen:
    """A forward pass and the task gradients of each half of the batch (a batch of one row is both its halves)."""
    parts = rows.tensor_split(2) if len(rows) > 1 else (rows, rows)
    taken, values, counts, penalties = [], [], [], []
    for part in parts:
        losses, found, targets, names = _forward(exp, part, active, number, True)
        penalties.append(_penalty(exp, part))
        taken.append(_taken(exp, losses, names, part))
        values.append(found)
        counts.append(_counts(exp, targets, active, part, found))
    count = torch.stack(counts)
    whole = count.sum(0)  # 0: a teacher alone teaches the task, of both halves alike
    shares = torch.where(whole > 0, count / whole.clamp(min=torch.finfo(count.dtype).tiny), 0.5)
    mean = (torch.stack(values) * shares).sum(0)
    one, two = penalties
    penalty = None if one is None or two is None else (one + two) / 2
    return Seen(list(mean), mean, Halves(taken[0], taken[1], shares), penalty)


def _forward(
    exp: Experiment, rows: Tensor, active: Sequence[int], number: int, take: bool, portions: Portions = None
) -> tuple[list[Tensor], Tensor, dict[str, Tensor], list[str]]:
    names = [exp.names[i] for i in active]
    own = parts_of(portions, rows) if portions else {}
    if exp.ranks.many:
        views, targets, rows, own = part_of_rank(exp, rows, own)
    else:
        views, targets = batch_of(exp, rows)
    with exp.autocast():
        outputs = exp.gradients.forward(exp.model, views, names) if take else exp.model(views, names)
        if exp.ranks.many:
            parts = [task_sums(exp, i, outputs, targets, rows, own.get(i)) for i in active]
            losses = losses_of(parts, exp.ranks)
        else:
            expected = {} if exp.teacher is None else exp.teacher(views, names)
            losses = [task_loss(exp, i, outputs, targets, rows, own.get(i), expected.get(exp.names[i])) for i in active]
    values = torch.stack(losses).detach()
    if portions:
        losses = [loss * factor for loss, factor in zip(losses, factors(portions, len(exp.names)), strict=True)]
    if exp.device.type == "cpu" and not math.isfinite(values.sum().item()):
        text = diagnosis(exp, number, active, values.tolist(), views, outputs)
        here = not exp.ranks.many or not all(bool(torch.isfinite(sums).all()) for sums, _ in parts)
        raise Diverged(_told(exp, text, here))
    return losses, values, targets, names


def _told(exp: Experiment, text: str, here: bool) -> str:
    """A diagnosis, of the rank on which it happened."""
    told = exp.ranks.gather(text if here else "")
    return next((text for text in told if text), text)


def _taken(exp: Experiment, losses: Sequence[Tensor], names: Sequence[str], rows: Tensor) -> TaskGradients:
    """The task gradients of a batch."""
    taken = exp.gradients.take(exp.model, losses, names)
    return gathered(taken, exp.shared, len(rows), exp.ranks) if exp.ranks.many else taken


def _penalty(exp: Experiment, rows: Tensor) -> Tensor | None:
    """What the model adds to the loss: of each rank in proportion to its examples."""
    penalty = exp.model.sharing.penalty()
    if penalty is None or not exp.ranks.many:
        return penalty
    start, stop = exp.ranks.slice(len(rows))
    return total(penalty * (stop - start) / len(rows), exp.ranks)


def task_loss(
    exp: Experiment,
    i: int,
    outputs: dict[str, Any],
    targets: dict[str, Tensor],
    rows: Tensor,
    part: Tensor | None = None,
    expected: Any = None,
) -> Tensor:
    """The loss of one task on a batch: the mean over its labels, weighted where examples have weights.

    Args:
        part: the examples that are the task's own, 1 or 0 for each; None: all are.
        expected: what the task's teacher gave for this batch, to be away from which costs; None: it has none.
    """
    task, data = exp.tasks[i], exp.data
    output, target = outputs[task.name], targets[task.name]
    plain = task.criterion is None and task.name not in data.labelled

    def loss(output: Any, weights: Tensor | None) -> Tensor:
        if plain and weights is None:
            return task.mean_loss(output, target)
        return task.loss(output, target, weights, learning=True)

    weights = weights_of(exp, rows, part)
    found = output.loss(loss, rows, weights) if isinstance(output, Several) else loss(output, weights)
    return found if expected is None else found + disagreement(task, output, expected, weights)


def _counts(exp: Experiment, targets: dict[str, Tensor], active: Sequence[int], rows: Tensor, like: Tensor) -> Tensor:
    """Labels in a batch per active task, ``[k]``; ``targets`` are those of this rank's part."""
    if not exp.ranks.many:
        return _labels(exp, targets, active, rows, like)
    part, there = part_of(exp, rows)
    return exp.ranks.sum_(_labels(exp, targets, active, rows[part], like) * there)


def _labels(exp: Experiment, targets: dict[str, Tensor], active: Sequence[int], rows: Tensor, like: Tensor) -> Tensor:
    """Labels per active task, or their weights where examples have some, ``[k]``."""
    counts = []
    for i in active:
        present = exp.tasks[i].present(targets[exp.names[i]]).to(like).reshape(len(rows), -1).sum(1)
        counts.append(present.sum() if exp.data.row_weights is None else (present * exp.data.row_weights[rows]).sum())
    return torch.stack(counts)
