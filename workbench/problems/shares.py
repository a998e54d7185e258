"""A share of the training rows, and a share of the labels of one task among them."""

import numpy as np
import torch
from torch import Tensor

from workbench.tasks.base import Task
from workbench.tasks.classification import Classification

__all__ = ["keeping", "kept", "thin"]


def thin(rows: Tensor, columns: list[np.ndarray], fraction: float, seed: int | list[int]) -> Tensor:
    """A share of the rows (one at least), each combination of labels in proportion; ascending.

    Rows are put into one seeded order in which every stretch from the start is stratified, so that a smaller share is
    part of a larger one.
    """
    if fraction == 1:
        return rows
    shuffled = np.random.default_rng(seed).permutation(rows.numpy())
    position = np.arange(len(shuffled)) / len(shuffled)
    if columns:
        labels = np.stack(columns, axis=1)[shuffled]
        _, strata = np.unique(labels, axis=0, return_inverse=True)
        for stratum in np.unique(strata):
            members = np.flatnonzero(strata.reshape(-1) == stratum)
            position[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = shuffled[np.argsort(position, kind="stable")]
    return torch.from_numpy(np.sort(order[: kept(len(order), fraction)]))


def kept(rows: int, fraction: float) -> int:
    """How many training rows a share of them is: one at least."""
    return max(1, round(fraction * rows))


def keeping(task: Task, target: Tensor, rows: Tensor, fraction: float, seed: list[int]) -> Tensor:
    """The rows that keep their label of a task: a share of those that have one, each class in proportion; ascending.

    Args:
        task: not fitted yet.
        target: its raw targets.
        rows: of the training split.
        fraction: the share.
        seed: of the choice.
    """
    present = task.present(target).reshape(len(target), -1).any(1)
    there = rows[present[rows]]
    columns = [task.encode(target).numpy()] if isinstance(task, Classification) else []
    return thin(there, columns, fraction, seed) if len(there) else there
