"""Group optimisation for multi-task alignment."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import PerTask


def group_means(values: Sequence[float], groups: int) -> list[float]:
    """Each value replaced by the mean of its group, in the best split into groups (k-means on a line, exact)."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    line = [values[i] for i in order]
    K = len(line)

    def spread(a: int, b: int) -> float:
        mean = sum(line[a:b]) / (b - a)
        return sum((v - mean) ** 2 for v in line[a:b])

    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [0])}  # for the first b values: cost, and where groups end
    last = min(groups, K)
    for group in range(1, last + 1):
        best = {
            b: min(((cost + spread(a, b), [*cuts, b]) for a, (cost, cuts) in best.items() if a < b), key=lambda c: c[0])
            for b in (range(group, K + 1) if group < last else [K])
        }
    cuts = best[K][1]
    out = [0.0] * K
    for a, b in pairwise(cuts):
        for i in order[a:b]:
            out[i] = sum(line[a:b]) / (b - a)
    return out


@register("weighting", "go4align", source="Shen et al., NeurIPS 2024")
class GO4Align(PerTask):
    """Tasks are grouped at every step by scale and progress; each task gets its group's mean weight.

    ``p_i ← p_i e^{-η L_i}``, normalised to sum 1; ``γ_i = p_i Σ_j L_j / L_i``; k-means splits the K numbers γ into B
    groups, and ``w_i`` is the mean of ``γ`` in the group of task i; ``L = Σ_i w_i L_i``.

    - ``L_i``: loss of task i, positive; ``p``: share of each task, starts equal; ``η``: step size, in the unit of
      1/loss; ``B``: number of groups (``groups``); 1 gives every task the same weight, K each its own.
    - Range of the weights: positive; 1 for equal losses at the start. ``Σ_j L_j / L_i`` is capped at 1e12.

    State: ``log p``; a call is a step. Absent tasks keep their ``p``, and those present share the rest. Codes differ:
    the authors' k-means starts at random and may end in a worse split; on a line the best one can be had exactly, so
    there is no randomness here. It is found on the host, in double precision: one synchronisation a step on a GPU.

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([1.0, 1.1, 10.0], requires_grad=True)
    >>> wb.weightings.get("go4align", groups=2)(losses).backward(); [round(w, 2) for w in losses.grad.tolist()]
    [3.85, 3.85, 0.4]
    """

    memory: ClassVar[tuple[str, ...]] = ("log_share",)

    groups: Annotated[int, Field(ge=1, description="number of groups B"), Slider(1, 10)] = 2
    eta: Annotated[float, Field(ge=0, description="step size η of the shares"), Slider(0, 0.1)] = 1e-4

    def reset(self, seed: int = 0) -> None:
        self.log_share = torch.log_softmax(torch.zeros(len(self.names), dtype=torch.float64), 0)

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        value = losses.detach().to("cpu", torch.float64)
        old = self.log_share[at]
        share = torch.log_softmax(old - self.eta * value, 0)
        self.log_share[at] = share + torch.logsumexp(old, 0)
        total = value.sum()
        scale = total / value.clamp(min=1e-12 * total.item()) if total > 0 else torch.full_like(value, len(value))
        weights = group_means((scale * share.exp()).tolist(), self.groups)
        return losses @ torch.tensor(weights, dtype=losses.dtype).to(losses.device, non_blocking=True)
