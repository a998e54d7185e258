"""The losses and gradients of a batch that is spread over several processes.

With ``S_k^r`` the sum of the losses of task k over the labels (or their weights) of rank r, and ``C_k^r`` their number,

- the pairs (S, C) are summed over ranks before any weight is computed: ``L_k = Σ_r S_k^r / Σ_r C_k^r``, so a rank may
  hold no label of a task at all;
- every rank differentiates ``S_k^r / Σ_r C_k^r``; the sum of these gradients over ranks is that of ``L_k``;
- loss-based weightings: weights from ``L``, then one backward pass per rank and one sum of the parameters' gradients;
- exact gradients: ``J = Σ_r J^r`` (K × P) is summed once, with the gradients of the heads, and everything that follows
  works on the same J on every rank. (A mean of the ranks' Gramians is another matrix: ``JJᵀ`` holds the products of
  gradients of different ranks, too.)
- gradients at the representation: ranks hold different columns (examples) of ``J``, so ``G = Σ_r J^r J^rᵀ`` is a sum of
  K × K numbers; weightings that look at single coordinates get all columns.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from workbench.gradients.base import TaskGradients
from workbench.training.ranks import Ranks


class _Sum(torch.autograd.Function):
    """``Σ_r x_r``; what comes back is handed to each rank's own part."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, ranks: Ranks) -> Tensor:
        return ranks.sum_(x.detach().clone())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return gradient, None


def total(x: Tensor, ranks: Ranks) -> Tensor:
    """The sum over ranks, whose backward pass goes on through this rank's part alone."""
    return _Sum.apply(x, ranks)  # type: ignore[no-any-return, no-untyped-call]


def losses_of(parts: Sequence[tuple[Tensor, Tensor]], ranks: Ranks) -> list[Tensor]:
    """The task losses of the whole batch, with the graph of this rank's part.

    Args:
        parts: per task sums and counts over this rank's labels, ``[m]`` each, m the predictions of the task (mostly 1).
    """
    sizes = [len(sums) for sums, _ in parts]
    counts = ranks.sum_(torch.cat([count for _, count in parts]).detach())
    sums = total(torch.cat([sums for sums, _ in parts]), ranks)
    means = torch.where(counts > 0, sums / counts.clamp(min=torch.finfo(counts.dtype).tiny), 0 * sums)
    return [mean.mean() for mean in means.split(sizes)]


def summed(
    ranks: Ranks, parameters: Sequence[Tensor], gradients: Sequence[Tensor | None], also: Sequence[Tensor] = ()
) -> tuple[list[Tensor | None], list[Tensor]]:
    """Gradients, and other tensors with them, summed over ranks in one message.

    Returns:
        the gradients, None for parameters that take part on no rank; and the other tensors.
    """
    if not parameters and not also:
        return [], []
    flat = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradients, strict=True)]
    like = [*also, *flat][0]
    there = like.new_tensor([0.0 if g is None else 1.0 for g in gradients])
    tensors = [*also, *flat, there]
    message = ranks.sum_(torch.cat([x.detach().reshape(-1).to(like.dtype) for x in tensors]))
    found = [
        part.view(x.shape).to(x.dtype)
        for part, x in zip(message.split([x.numel() for x in tensors]), tensors, strict=True)
    ]
    some = found[-1].tolist()
    sums = [g if n > 0 else None for g, n in zip(found[len(also) : -1], some, strict=True)]
    return sums, found[: len(also)]


def sum_gradients(ranks: Ranks, parameters: Sequence[nn.Parameter]) -> None:
    """Sum what an ordinary backward pass left in ``.grad`` over ranks."""
    found, _ = summed(ranks, parameters, [p.grad for p in parameters])
    for parameter, gradient in zip(parameters, found, strict=True):
        parameter.grad = gradient


class Whole(TaskGradients):
    """The task gradients of the whole batch, ``J = Σ_r J^r``, equal on all ranks.

    Args:
        taken: exact gradients of this rank's part.
        shared: the parameters that its blocks belong to.
    """

    def __init__(self, taken: TaskGradients, shared: Sequence[nn.Parameter], ranks: Ranks) -> None:
        self.shared, self.own = shared, taken.own
        own = [p for parameters in taken.own for p in parameters]
        gradients = [g for found in taken.own_gradients for g in found]
        sums, self.blocks = summed(ranks, own, gradients, taken.blocks)
        each = iter(sums)
        self.own_gradients = [[next(each) for _ in parameters] for parameters in taken.own]

    def fill_shared(self, parts: list[Tensor]) -> None:
        for parameter, part in zip(self.shared, parts, strict=False):
            parameter.grad = part.view_as(parameter)


class Columns(TaskGradients):
    """The task gradients at the representation; this rank holds the columns of its own examples.

    ``.grad`` is filled with this rank's part; ``sum_gradients`` makes it whole.

    Args:
        taken: gradients of this rank's part, whose columns belong to examples.
        rows: examples in the whole batch.
    """

    def __init__(self, taken: TaskGradients, rows: int, ranks: Ranks) -> None:
        assert taken.examples is not None
        self.taken, self.ranks, self.rows = taken, ranks, rows
        self.own, self.own_gradients = taken.own, taken.own_gradients
        (self.local,) = taken.blocks
        self.width = self.local.shape[1] // taken.examples
        start, stop = ranks.slice(rows)
        self.mine = slice(start * self.width, stop * self.width)

    def gramian(self) -> Tensor:
        return self._gramian

    @cached_property
    def _gramian(self) -> Tensor:
        return self.ranks.sum_(self.local @ self.local.T)

    @cached_property
    def blocks(self) -> list[Tensor]:  # type: ignore[override]
        """All columns, in the order of the examples; put together only for those who look at single coordinates."""
        whole = self.local.new_zeros(len(self.local), self.rows * self.width)
        mine = whole[:, self.mine]
        mine.copy_(self.local[:, : mine.shape[1]])
        return [self.ranks.sum_(whole)]

    def backward(self, weights: Tensor, own: Tensor) -> None:
        self.taken.backward(weights, own)

    def fill_shared(self, parts: list[Tensor]) -> None:
        (direction,) = parts
        mine = direction[self.mine]
        self.taken.fill_shared([mine if len(mine) else direction.new_zeros(self.local.shape[1])])

    def carry_on(self) -> None:
        self.taken.carry_on()


def gathered(taken: TaskGradients, shared: Sequence[nn.Parameter], rows: int, ranks: Ranks) -> TaskGradients:
    """The task gradients of the whole batch, from those of this rank's part."""
    return Whole(taken, shared, ranks) if taken.examples is None else Columns(taken, rows, ranks)
