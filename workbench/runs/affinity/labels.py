"""The training labels of every task, for measures that look at nothing else."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from workbench.affinities.base import Labels
from workbench.runs.affinity.brought import Brought
from workbench.runs.affinity.sources import Train
from workbench.tasks.base import Task
from workbench.training.experiment import load

if TYPE_CHECKING:
    from workbench.spec import Spec


def labels(spec: "Spec", measure: Any, train: Train) -> Brought:
    """The encoded labels of the training rows; nothing is trained."""
    data = load(spec, spec.build("encoder"))
    rows = data.splits["train"]
    given = [labels_of(task, data.targets[task.name][rows]) for task in data.tasks]
    return Brought(measure.estimate(given), data.names, 0)


def labels_of(task: Task, target: Tensor) -> Labels:
    """The labels of a task as classes or as columns of numbers; none where they are neither (pixels, texts).

    Args:
        task: whose labels they are.
        target: encoded, ``[rows, ...]``.
    """
    present = task.present(target)
    if target.is_floating_point() or task.kind == "ordinal":
        columns = target.double().reshape(len(target), -1)
        if target.dim() <= 2:
            return Labels(task.name, columns, present.reshape(len(target), -1).all(1))
    elif target.dim() == 1 or (target.dim() == 2 and task.along_words):
        return Labels(task.name, target, present)
    return Labels(task.name, torch.zeros(len(target), dtype=torch.int64), torch.zeros(len(target), dtype=torch.bool))
