"""A row per task that an aggregator keeps from step to step, as long as the gradients."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from workbench.weightings.base import JacobianAggregator


class Tracking(JacobianAggregator):
    """Base: keeps ``rows [tasks, P]`` and counts the steps that each task has taken part in.

    Rows of absent tasks stay as they are. The memory is K times that of the shared parameters.
    """

    memory: ClassVar[tuple[str, ...]] = ("rows", "count")

    def reset(self, seed: int = 0) -> None:
        self._start(torch.zeros(len(self.names), 0))

    def _start(self, rows: Tensor) -> None:
        """Everything at its start; ``rows`` are zeros, ``[tasks, P]``."""
        self.rows = rows
        self.count = torch.zeros(len(rows), dtype=torch.float64, device=rows.device)

    def enter(self, J: Tensor, tasks: Sequence[int] | None) -> slice | Tensor:
        """Count a step of the present tasks; gives their places among all."""
        shape = (max(len(self.names), len(J)), J.shape[1])
        if self.rows.shape != shape:
            self._start(J.new_zeros(shape))
        for key in self.memory:
            setattr(self, key, getattr(self, key).to(J.device))
        at = slice(None) if tasks is None or len(tasks) == len(self.rows) else torch.tensor(tasks, device=J.device)
        self.count[at] += 1
        return at

    def follow(self, new: Tensor, share: Tensor, at: slice | Tensor) -> Tensor:
        """Move the rows of the present tasks by a ``share [K]`` of the way to ``new [K, P]``; gives them."""
        share = share.to(new)[:, None]
        if isinstance(at, slice):
            return self.rows.lerp_(new, share)
        moved = self.rows[at].lerp_(new, share)
        self.rows[at] = moved
        return moved


def lengths(rows: Tensor) -> Tensor:
    """Euclidean norms of rows of any size, ``[K]``, float64."""
    return torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64)
