"""Soft optimal uncertainty weighting."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Scalarization


@register("weighting", "uw_so", source="Kirchdorfer et al., GCPR 2024, arXiv 2408.07985", tags=("core",))
class UWSO(Scalarization):
    """Small losses get more weight, by a softmax over their inverses; nothing is learned.

    ``w = softmax_i(1 / (T · sg[L_i]))``, ``L = Σ_i w_i L_i`` (``sg``: no gradient flows through the weights).

    - ``L_i``: loss of task i, positive; ``T``: temperature, in the unit of 1/loss. Large T: equal weights; small T:
      the smallest loss takes all.
    - Range of the weights: 0 to 1, sum 1 (a K-th of equal weighting in length). A loss of 0 takes all weight,
      shared among several zeros.

    The units do not cancel: the paper tunes T for every data set; 1 is only a start. Formula from secondary sources,
    not checked against the paper.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("uw_so", temperature=1.0)
    >>> losses = torch.tensor([0.5, 1.0], requires_grad=True)
    >>> weighting(losses).backward(); [round(w, 4) for w in losses.grad.tolist()]
    [0.7311, 0.2689]
    """

    temperature: Annotated[float, Field(gt=0, description="softmax temperature T"), Slider(0.05, 50, log=True)] = 1.0

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        scores = torch.nan_to_num(1 / (self.temperature * losses.detach()))  # a zero: the largest number, not infinity
        return losses @ torch.softmax(scores, 0)
