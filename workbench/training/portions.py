"""A batch divided among the tasks: each trains on its own part of the examples."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def split_batch(shares: Tensor, active: Sequence[int], rows: int) -> dict[int, int]:
    """How many examples of a batch each task gets; those that get none are left out.

    Whole numbers nearest to the shares with the right sum (largest remainders).

    Args:
        shares: of all tasks, ``[K]``, at least 0.
        active: positions of the tasks that may take part.
        rows: examples in the batch.
    """
    wanted = shares[list(active)].double()
    wanted = wanted / wanted.sum() * rows if float(wanted.sum()) > 0 else torch.full_like(wanted, rows / len(wanted))
    counts = wanted.floor()
    left = rows - int(counts.sum())
    counts[(wanted - counts).argsort(descending=True, stable=True)[:left]] += 1
    return {i: int(count) for i, count in zip(active, counts.tolist(), strict=True) if count > 0}


def parts_of(portions: Mapping[int, int], like: Tensor) -> dict[int, Tensor]:
    """Which examples are a task's own, 1 or 0 for each, ``[batch]``; parts lie one after another.

    Args:
        portions: task -> how many.
        like: says where the numbers shall be.
    """
    rows, start, found = sum(portions.values()), 0, {}
    for i, count in portions.items():
        found[i] = torch.zeros(rows, device=like.device)
        found[i][start : start + count] = 1
        start += count
    return found


def factors(portions: Mapping[int, int], tasks: int) -> list[float]:
    """By what the mean loss of each task is multiplied: the number of all tasks times its part of the batch."""
    rows = sum(portions.values())
    return [tasks * count / rows for count in portions.values()]
