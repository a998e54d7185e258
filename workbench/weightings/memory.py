"""Numbers per task that a weighting keeps from step to step, for one gramian or a stack of them."""

from collections.abc import Sequence

import torch
from torch import Tensor


def fitted(kept: Tensor, G: Tensor, count: int, value: float) -> Tensor:
    """A copy of ``kept`` on the device of ``G``, or where its shape does not fit ``value`` for every task.

    Args:
        kept: numbers per task, ``[..., tasks]``.
        G: ``[..., K, K]``, of the present tasks.
        count: number of all tasks; at least K is assumed.
        value: of a task at the start.
    """
    shape = (*G.shape[:-2], max(count, G.shape[-1]))
    if kept.shape == shape:
        return kept.to(G.device, copy=True)
    return torch.full(shape, value, dtype=torch.float64, device=G.device)


def places(G: Tensor, tasks: Sequence[int] | None) -> Tensor | slice:
    """The present tasks' places among all; memory indexed by a slice is a view, so write to it last."""
    return slice(G.shape[-1]) if tasks is None else torch.tensor(tasks, device=G.device)
