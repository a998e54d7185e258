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


def adam(slope: Tensor, mean: Tensor, square: Tensor, count: Tensor, eps: float = 0.0) -> tuple[Tensor, ...]:
    """One step of Adam on numbers per task, with the usual memory of 0.9 and 0.999.

    Args:
        slope: the gradient.
        mean: running mean of the gradient, from 0.
        square: running mean of its square, from 0.
        count: steps before this one.
        eps: added to the size of the gradient.

    Returns:
        How far to go down, for a learning rate of 1 (0 where all gradients were 0); then mean, square and count as
        they are now. All are of one shape.
    """
    mean, square, count = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2, count + 1
    size = (square / (1 - 0.999**count)).sqrt()
    return mean / (1 - 0.9**count) / (torch.where(size > 0, size, 1.0) + eps), mean, square, count
