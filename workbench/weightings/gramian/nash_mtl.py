"""Multi-task learning as a bargaining game."""

from collections.abc import Sequence
from math import sqrt
from typing import Annotated

import numpy as np
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.gramian.fairgrad import fair
from workbench.weightings.solvers.host import noise, on_host


@register("weighting", "nash_mtl", source="Navon et al., ICML 2022, arXiv 2202.01017", tags=("core",))
class NashMTL(GramianWeighting):
    """The bargain in which no task can gain by a factor what the others do not lose together.

    ``Gα = 1/α`` elementwise, ``α > 0``: the only minimiser of ``½αᵀGα − Σ log α_i``, found by damped Newton steps on
    the unit gradients. Then ``‖αᵀJ‖ = √K`` always, so clipping the update to ``max_norm ≤ √K`` gives every update that
    same length: ``w = α · max_norm / √K``.

    No task is hurt; the update does not depend on the scale of the losses. Length: ``√K``, or ``max_norm`` where
    smaller (the default 1, as the authors' code). Where some combination of the gradients with weights of at least 0
    is zero to rounding (opposite gradients) there is no bargain and all weights are 0. A task with a zero gradient is
    left out and, for its head, gets the mean of the others' weights.

    The authors' code approximates α by up to 20 rounds of a convex-concave procedure with an external solver.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("nash_mtl", max_norm=None)(torch.tensor([[1.0, 0.0], [0.0, 4.0]])).tolist()
    [1.0, 0.5]
    """

    heads: Heads = "weighted"
    max_norm: Annotated[
        float | None, Field(gt=0, description="longest update; none: √K, as the equation gives it"), Slider(0.1, 4)
    ] = 1.0

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        return on_host(G, _weights, noise(G), self.max_norm)


def _weights(G: np.ndarray, noise: float, max_norm: float | None) -> np.ndarray:
    weights = fair(G, noise, 1.0)
    there = int(np.count_nonzero(G.diagonal()))
    return weights if max_norm is None or there == 0 else weights * min(1.0, max_norm / sqrt(there))
