"""Homoscedastic uncertainty."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.weightings.base import Scalarization


@register("weighting", "uncertainty", source="Kendall, Gal & Cipolla, CVPR 2018, arXiv 1705.07115", tags=("core",))
class Uncertainty(Scalarization):
    """Each task's noise level is learned with the model; noisy tasks count less.

    With ``s_i = log σ_i²`` learned jointly (same optimiser and learning rate as the model, no weight decay):

    - ``form="kendall"``:  ``L = Σ_i ½ e^{-s_i} L_i + ½ s_i``; ``w_i = ½ e^{-s_i}``, stationary at ``w_i = 1/(2 L_i)``.
    - ``form="liebel"``:   ``L = Σ_i ½ e^{-s_i} L_i + log(1 + e^{s_i})``, whose regulariser stays positive
      (Liebel & Körner 2018; formula from memory of the paper, not checked against its code).

    Range of the weights: positive. Where codes differ: the paper drops the ½ before ``L_i`` for classification; LibMTL
    and TorchJD keep it for every task, as here. LibMTL starts at ``s = -0.5``, TorchJD at 0.

    >>> import torch, workbench as wb
    >>> round(wb.weightings.get("uncertainty")(torch.tensor([2.0, 4.0])).item(), 6)
    3.0
    """

    memory: ClassVar[tuple[str, ...]] = ("log_variance",)

    form: Annotated[Literal["kendall", "liebel"], Field(description="regulariser: ½s, or log(1 + e^s)")] = "kendall"
    initial: Annotated[float, Field(ge=-10, le=10, description="start of s = log σ²"), Slider(-3, 3)] = 0.0

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        self.log_variance = nn.Parameter(torch.full((len(names),), self.initial, device=device))
        super().bind(names, seed, device)

    def reset(self, seed: int = 0) -> None:
        if self.names:
            with torch.no_grad():
                self.log_variance.fill_(self.initial)
        else:
            self.log_variance = nn.Parameter(torch.zeros(0))

    def parameters(self) -> list[nn.Parameter]:
        return [self.log_variance]

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        if not self.names:
            self.bind([str(i) for i in range(len(losses))], device=losses.device)
        s = self.log_variance if tasks is None else self.log_variance[list(tasks)]
        penalty = 0.5 * s if self.form == "kendall" else nn.functional.softplus(s)
        return (0.5 * torch.exp(-s) * losses + penalty).sum()
