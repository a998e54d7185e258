"""Fast adaptive multitask optimization."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.memory import adam
from workbench.weightings.scalarizations.per_task import PerTask, smallest


@register("weighting", "famo", source="Liu et al., NeurIPS 2023, arXiv 2306.03792", tags=("core",))
class FAMO(PerTask):
    """Learns weights under which all losses fall at the same rate, from the losses alone.

    ``z = softmax(ξ)``, ``L = c Σ_i z_i log L_i`` with the constant ``c = (Σ_i z_i / L_i)^{-1}``, so
    ``w_i = c z_i / L_i``. After the model's step ``δ_i = log L_i^{old} - log L_i^{new}`` is the rate at which loss i
    fell, and one Adam step with the gradient ``(∂z/∂ξ)ᵀδ = z ∘ (δ - zᵀδ)`` and weight decay γ moves ``ξ``: tasks that
    fell faster lose weight.

    - ``L_i``: loss of task i, positive, units cancel in ``z_i / L_i``; ``ξ``: logits, start at 0; ``lr``: Adam's rate.
    - Range of the weights: 0 to 1, sum 1 (a K-th of equal weighting in length).

    State: ξ, Adam's moments and steps, the last losses, per task; a call is a step. Here ``L^{new}`` is the loss of
    the next step (as in the authors' toy code), so no second forward pass is paid, but the noise between batches
    enters; the authors' main code evaluates the same batch again. An absent task keeps its state, and is compared
    with when it was last present. Codes differ: γ is 0.001 in the paper (0.01 on Cityscapes, 0 in the toy), 0.01 the
    default of the code; codes add 1e-8 to ``L``, ours nothing, so tiny losses keep their meaning.

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([1.0, 3.0], requires_grad=True)
    >>> wb.weightings.get("famo")(losses).backward(); [round(w, 4) for w in losses.grad.tolist()]
    [0.75, 0.25]
    """

    memory: ClassVar[tuple[str, ...]] = ("logits", "first", "second", "count", "last")

    lr: Annotated[float, Field(gt=0, description="learning rate of the logits"), Slider(0.001, 0.5, log=True)] = 0.025
    gamma: Annotated[float, Field(ge=0, description="weight decay γ of the logits"), Slider(0, 0.1)] = 0.001

    def reset(self, seed: int = 0) -> None:
        self.logits, self.first, self.second, self.count = (self.full(0.0) for _ in range(4))
        self.last = self.full(torch.nan)  # logarithms of the losses when they were last seen

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        logs = losses.clamp(min=smallest(losses)).log()
        self.learn(at, logs.detach().to(self.last.dtype))
        weights = torch.softmax(self.logits[at].to(losses.dtype) - logs.detach(), 0)  # c z / L, without overflow
        return logs @ (weights * losses.detach())

    def learn(self, at: slice | list[int], logs: Tensor) -> None:
        """One Adam step on the logits of the tasks that were seen before."""
        logits, last = self.logits[at], self.last[at]
        seen = ~last.isnan()
        shares = torch.softmax(logits, 0)
        fell = torch.where(seen, last - logs, 0.0)
        slope = shares * (fell - shares @ fell) + self.gamma * logits
        move, *moments = adam(slope, self.first[at], self.second[at], self.count[at], eps=1e-8)
        self.logits[at] = torch.where(seen, logits - self.lr * move, logits)
        for kept, now in zip((self.first, self.second, self.count), moments, strict=True):
            kept[at] = torch.where(seen, now, kept[at])
        self.last[at] = logs
