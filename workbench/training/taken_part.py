"""The part of a batch that one of several processes takes: its rows, and the losses of its tasks as sums and counts."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from workbench.fusions.several import Several
from workbench.tasks.base import Task
from workbench.training.experiment import Experiment


def batch_of(exp: Experiment, rows: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Views and targets of a batch, as training sees them."""
    views, targets = exp.data.batch(rows)
    return (views, targets) if exp.data.augment is None else exp.data.augment(views, targets)


def weights_of(exp: Experiment, rows: Tensor, part: Tensor | None) -> Tensor | None:
    """Weights of the examples, ``[batch]``; None: all alike.

    Args:
        part: the examples that are a task's own, 1 or 0 for each; None: all are.
    """
    weights = exp.data.row_weights
    return part if weights is None else weights[rows] * (1 if part is None else part)


def part_of(exp: Experiment, rows: Tensor) -> tuple[slice, bool]:
    """This rank's part of a batch; where it has none, the first example, and False: it counts for nothing."""
    start, stop = exp.ranks.slice(len(rows))
    return (slice(start, stop), True) if stop > start else (slice(0, 1), False)


def part_of_rank(
    exp: Experiment, rows: Tensor, own: Mapping[int, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor, dict[int, Tensor]]:
    """Views, targets, rows and the tasks' own examples, for this rank's part of a batch.

    What depends on the whole batch (augmentation, the longest sentence) is done to the whole batch and then cut.
    """
    part, there = part_of(exp, rows)
    if there:
        own = {i: mine[part] for i, mine in own.items()}
    else:
        own = dict.fromkeys(range(len(exp.names)), torch.zeros(1, device=rows.device))
    if exp.data.augment is None and "text" not in exp.data.kinds.values():
        views, targets = exp.data.batch(rows[part])
    else:
        views, targets = batch_of(exp, rows)
        views, targets = ({name: x[part] for name, x in found.items()} for found in (views, targets))
    return views, targets, rows[part], own


def task_sums(
    exp: Experiment,
    i: int,
    outputs: dict[str, Any],
    targets: dict[str, Tensor],
    rows: Tensor,
    part: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The loss of one task as a sum over its labels (weighted where examples are) and their number (their weight).

    Args:
        part: the examples that are the task's own, 1 or 0 for each; None: all are.

    Returns:
        both ``[m]``, one for each prediction of the task: its loss is the mean of the m quotients.
    """
    task = exp.tasks[i]
    output, target, weights = outputs[task.name], targets[task.name], weights_of(exp, rows, part)
    pairs = [(output, weights)]
    if isinstance(output, Several):
        counts = output.resample(rows)
        factor = 1 if weights is None else weights
        each = [weights] * len(output.parts) if counts is None else list(counts * factor)
        pairs = list(zip(output.parts, each, strict=True))
    means = torch.stack([task.loss(one, target, weight, learning=True) for one, weight in pairs])
    labels = [_labels(task, one, target) for one, _ in pairs]
    numbers = [n if weight is None else n * weight for n, (_, weight) in zip(labels, pairs, strict=True)]
    total = torch.stack([each.to(means).sum() for each in numbers])
    return means * total, total


def _labels(task: Task, output: Any, target: Tensor) -> Tensor:
    """Labels of every example that training goes by, guessed ones among them, ``[batch]``."""
    known = target if task.criterion is None else task.criterion.filled(output, target)
    return task.present(known).reshape(len(target), -1).sum(1)
