"""Impartial multi-task learning, loss balance."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.weightings.scalarizations.per_task import PerTask


@register("weighting", "imtl_l", source="Liu et al. (IMTL), ICLR 2021", tags=("core",))
class IMTLL(PerTask):
    """A scale for each loss is learned with the model, so that all scaled losses come to 1.

    ``L = Σ_i e^{s_i} L_i - s_i`` with ``s_i`` learned jointly (same optimiser and learning rate as the model, no
    weight decay); ``w_i = e^{s_i}``, stationary at ``w_i = 1 / L_i``.

    - ``L_i``: loss of task i, positive; ``s_i``: log of its scale, starts at ``initial``.
    - Range of the weights: positive; 1 at the start (``s = 0``).

    It is uncertainty weighting in other words: twice ``uncertainty`` at ``-s``. Length: twice as long, so under SGD
    the two differ. Formula as in TorchJD; LibMTL has it only chained with IMTL-G.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("imtl_l")(torch.tensor([1.0, 2.0])).item()
    3.0
    """

    memory: ClassVar[tuple[str, ...]] = ("log_scale",)

    initial: Annotated[float, Field(ge=-10, le=10, description="start of s, the log of each scale"), Slider(-3, 3)] = (
        0.0
    )

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        self.log_scale = nn.Parameter(torch.full((len(names),), self.initial, device=device))
        super().bind(names, seed, device)

    def reset(self, seed: int = 0) -> None:
        if self.names:
            with torch.no_grad():
                self.log_scale.fill_(self.initial)
        else:
            self.log_scale = nn.Parameter(torch.zeros(0))

    def parameters(self) -> list[nn.Parameter]:
        return [self.log_scale]

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        at = self.at(losses, tasks)
        s = self.log_scale[at]
        return (s.exp() * losses - s).sum()
