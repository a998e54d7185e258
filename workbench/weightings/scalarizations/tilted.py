"""Tilted losses."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import Scalarization


@register("weighting", "tilted", source="Li et al. (TERM), ICLR 2021; as used in PiKE, arXiv 2502.06244")
class Tilted(Scalarization):
    """Large losses get more weight: a smooth way from the mean of the losses to their maximum.

    ``L = (1/τ) log Σ_i e^{τ L_i}``, so ``w = softmax(τ L)``.

    - ``L_i``: loss of task i, any sign; ``τ``: tilt, in the unit of 1/loss. ``τ → 0``: equal weights 1/K;
      ``τ → ∞``: the largest loss takes all.
    - Range of the weights: 0 to 1, sum 1 (a K-th of equal weighting in length).

    The units do not cancel: losses should be comparable. PiKE uses τ from 1 to 3. Codes differ: TERM divides the sum
    by K, a constant without effect on the weights, and also tilts samples, and with negative τ.

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> wb.weightings.get("tilted")(losses).backward(); [round(w, 4) for w in losses.grad.tolist()]
    [0.2689, 0.7311]
    """

    tau: Annotated[
        float, Field(gt=0, description="tilt τ: 0 the mean, infinity the maximum"), Slider(0.05, 20, log=True)
    ] = 1.0

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        return torch.logsumexp(self.tau * losses, 0) / self.tau
