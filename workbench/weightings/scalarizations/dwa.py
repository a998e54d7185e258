"""Dynamic weight average."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Scalarization


@register("weighting", "dwa", source="Liu, Johns & Davison, CVPR 2019, arXiv 1803.10704", tags=("core",))
class DWA(Scalarization):
    """Tasks whose loss falls slowly get more weight.

    Once per epoch t, from the mean training losses ``L̄``: ``r_i = L̄_i(t-1) / L̄_i(t-2)`` and
    ``w = K · softmax(r / T)``; in the first two epochs ``w_i = 1``. The weights are positive and sum to K.

    A task without a label in one of the two epochs keeps ``r_i = 1``.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("dwa")
    >>> weighting.end_epoch(torch.tensor([1.0, 1.0])); weighting.end_epoch(torch.tensor([0.5, 1.0]))
    >>> (weighting(torch.eye(2)[0]) < weighting(torch.eye(2)[1])).item()
    True
    """

    memory: ClassVar[tuple[str, ...]] = ("before", "last")

    temperature: Annotated[float, Field(gt=0, description="softmax temperature T"), Slider(0.2, 10, log=True)] = 2.0

    def reset(self, seed: int = 0) -> None:
        self.before: Tensor | None = None
        self.last: Tensor | None = None

    def end_epoch(self, losses: Tensor) -> None:
        self.before, self.last = self.last, losses.detach().clone()

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        if self.before is None or self.last is None:
            return losses.sum()
        ratio = torch.nan_to_num(self.last / self.before, nan=1.0, posinf=1e3, neginf=1.0).to(losses)
        weights = len(ratio) * torch.softmax(ratio / self.temperature, 0)
        return losses @ (weights if tasks is None else weights[list(tasks)])
