"""Trimmed mean."""

from collections.abc import Sequence
from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Heads, JacobianAggregator


@register("weighting", "trimmed_mean", source="Yin et al., ICML 2018, arXiv 1803.01498 (from TorchJD)")
class TrimmedMean(JacobianAggregator):
    """In each coordinate the tasks that pull furthest either way are left out, the others averaged.

    Per coordinate the K entries are sorted, the ``trim`` smallest and the ``trim`` largest dropped, and the rest
    averaged. At most ``(K − 1) / 2`` are dropped at either end: with the most it is the median (of an even number of
    tasks, the mean of the middle two); with ``trim = 0``, and for two tasks always, the mean gradient. Made for
    training with faulty workers; for tasks, a baseline that follows no single one.

    No guarantee. Length: a mean, or less. TorchJD refuses fewer than ``2 trim + 1`` tasks instead.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("trimmed_mean")(torch.tensor([[1.0, 0.0], [2.0, 9.0], [60.0, 3.0]])).tolist()
    [2.0, 3.0]
    """

    heads: Heads = "own"
    trim: Annotated[
        int, Field(ge=0, description="how many entries are dropped at either end of a coordinate"), Slider(0, 8)
    ] = 1

    def __call__(self, J: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        drop = min(self.trim, (len(J) - 1) // 2)
        kept = J.sort(dim=0).values[drop : len(J) - drop] if drop else J
        return (kept / len(kept)).sum(0)
