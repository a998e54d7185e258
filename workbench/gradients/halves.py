"""Task gradients of a batch, kept apart for its two halves."""

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from workbench.gradients.base import TaskGradients


class Halves(TaskGradients):
    """``J = s₁J₁ + s₂J₂``, row by row, with ``J₁`` and ``J₂`` the task gradients of two halves of a batch.

    Args:
        first, second: gradients of the mean loss over each half.
        shares: which part of a task's labels lies in each half, ``[2, K]``; a task without labels in a half has a zero
            row there.
    """

    def __init__(self, first: TaskGradients, second: TaskGradients, shares: Tensor) -> None:
        self.first, self.second, self.shares, self.own = first, second, shares, first.own

    def cross_gramian(self) -> Tensor:
        """``A = J₁J₂ᵀ``, ``[K, K]``: estimates ``E[J] E[J]ᵀ`` without the noise that ``JJᵀ`` has on its diagonal."""
        pairs = zip(self.first.blocks, self.second.blocks, strict=True)
        return sum((one @ two.T for one, two in pairs), self.shares.new_zeros(()))

    @cached_property
    def blocks(self) -> list[Tensor]:  # type: ignore[override]
        """The columns of J, as those of any task gradients; put together only when asked for."""
        a, b = self.shares[:, :, None]
        return [a * one + b * two for one, two in zip(self.first.blocks, self.second.blocks, strict=True)]

    @cached_property
    def own_gradients(self) -> Sequence[Sequence[Tensor | None]]:  # type: ignore[override]
        """As of any task gradients."""
        pairs = zip(self.first.own_gradients, self.second.own_gradients, self.shares.T, strict=True)
        return [[_mixed(one, two, share) for one, two in zip(ones, twos, strict=True)] for ones, twos, share in pairs]

    def backward(self, weights: Tensor, own: Tensor) -> None:
        a, b = weights * self.shares
        pairs = zip(self.first.blocks, self.second.blocks, strict=True)
        self.fill([torch.addmv(b @ two, one.T, a) for one, two in pairs], own)

    def fill_shared(self, parts: list[Tensor]) -> None:
        self.first.fill_shared(parts)


def _mixed(one: Tensor | None, two: Tensor | None, share: Tensor) -> Tensor | None:
    if one is None or two is None:  # a parameter that takes no part does so in neither half
        return None
    return share[0] * one + share[1] * two
