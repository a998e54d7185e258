"""Impartial multi-task learning, both parts."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.weightings.base import GramianWeighting
from workbench.weightings.gramian.imtl_g import balanced
from workbench.weightings.memory import fitted, places
from workbench.weightings.solvers.host import noise, on_host, with_losses

#: |s| stays below it: e^±80 times anything ordinary is still a number in float32
LIMIT = 80.0


@register("weighting", "imtl", source="Liu et al., ICLR 2021 (from secondary sources)")
class IMTL(GramianWeighting):
    """Each loss learns a scale that brings it to 1; then the update has the same projection on every gradient.

    IMTL-L before IMTL-G: the losses become ``e^{s_i} L_i − s_i``, their gramian ``G' = diag(e^s) G diag(e^s)``, and
    with norms ``n'_i = e^{s_i} ‖g_i‖`` and cosines C: ``v = C⁺1 / n'``, ``w' = v / Σ v``; in terms of the task's own
    gradient ``w_i = e^{s_i} w'_i``. Then each ``s_i`` takes a gradient step of its own, ``s_i ← s_i − rate · (e^{s_i}
    L_i − 1)``, at most 1 long; it rests at ``e^{s_i} = 1 / L_i``. It starts at 0, and that of an absent task waits.

    The direction is that of ``imtl_g``, with its hazard for three tasks and more, since it does not depend on scales
    of the losses; what the scales change is the length (``Σ w_i e^{−s_i} = 1``: a mean of the scaled gradients) and
    the gradients of the heads, which get ``e^{s_i}`` (``heads="scaled"``). A task with a zero gradient has weight 0;
    where the weights do not exist (opposite gradients) all are 0.

    LibMTL learns s with the optimiser of the model, at its learning rate. It forms w' with the inverse of a
    ``(K−1) × (K−1)`` matrix, which fails for parallel gradients.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("imtl", rate=0.5)
    >>> for _ in range(100):
    ...     w = weighting(torch.diag(torch.tensor([1.0, 4.0])), losses=torch.tensor([0.5, 4.0]))
    >>> [round(x, 3) for x in w.tolist()]
    [0.4, 0.2]
    """

    memory: ClassVar[tuple[str, ...]] = ("log_scale",)

    heads: Annotated[
        Literal["scaled", "own", "weighted"],
        Field(description="gradient of task-specific parameters: of the scaled loss, of the task's own, or weighted"),
    ] = "scaled"
    rate: Annotated[
        float, Field(gt=0, le=1, description="learning rate of s, the log of each scale"), Slider(1e-3, 1, log=True)
    ] = 0.01

    def reset(self, seed: int = 0) -> None:
        self.log_scale = torch.zeros(len(self.names), dtype=torch.float64)
        self.scales = torch.ones(len(self.names), dtype=torch.float64)  # of the present tasks, as last used

    def head_weights(self, weights: Tensor, losses: Tensor) -> Tensor:
        return self.scales.to(weights) if self.heads == "scaled" else super().head_weights(weights, losses)

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'imtl' needs losses=.")
        at = places(G, tasks)
        self.log_scale = fitted(self.log_scale, G, len(self.names), 0.0)
        s = self.log_scale[..., at]
        self.scales = s.exp()
        w = on_host(with_losses(G, s), _weights, noise(G), batched=True)
        step = self.rate * (self.scales * losses.detach().double() - 1)
        self.log_scale[..., at] = (s - step.clamp(-1, 1)).clamp(-LIMIT, LIMIT)
        return w


def _weights(both: np.ndarray, noise: float) -> np.ndarray:
    v, s = balanced(both[..., :-1], noise), both[..., -1]
    scaled = v * np.exp(-s)  # w' of the gradients e^s g, but for its sum
    total = scaled.sum(-1, keepdims=True)
    known = np.abs(total) > noise * np.abs(scaled).max(-1, keepdims=True)
    return np.divide(v, total, out=np.zeros_like(v), where=known)
