"""Correlation-reduced multi-objective gradient manipulation."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.gramian.wrapper import Wrapper
from workbench.weightings.memory import fitted, places


@register("weighting", "cr_mogm", source="Zhou et al., NeurIPS 2022 (from TorchJD)")
class CRMOGM(Wrapper):
    """A moving average of another weighting's weights, so that one noisy batch turns the update less.

    ``w_t = a w_{t−1} + (1 − a) ŵ_t`` with ``ŵ_t`` the weights that ``of`` gives now; ``w_1 = ŵ_1``, of each task at the
    first step that has it, and the weight of an absent task waits. ``of`` is a name or a name with settings, such as
    ``cagrad(c=0.5)``.

    A convex combination: weights on the simplex stay there, where no task is ever absent. Guarantees of ``of`` against
    hurting a task hold only for ``ŵ_t``. Length: that of ``of``, or shorter where weights disagree. The paper lets a
    rise from 0 to 1 as the learning rate falls; the constant 0.9 is TorchJD's. Formula from secondary sources.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("cr_mogm", of="fairgrad(alpha=1.0)", a=0.5)
    >>> [[round(x, 3) for x in weighting(torch.diag(torch.tensor([n, 4.0]))).tolist()] for n in (1.0, 4.0)]
    [[1.0, 0.5], [0.75, 0.5]]
    """

    memory: ClassVar[tuple[str, ...]] = ("weights",)

    a: Annotated[float, Field(ge=0, le=1, description="memory of the average"), Slider(0, 1)] = 0.9

    def reset(self, seed: int = 0) -> None:
        super().reset(seed)
        self.weights = torch.full((len(self.names),), torch.nan, dtype=torch.float64)

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        new = self.inner(G, losses=losses, tasks=tasks).detach().double()
        at = places(G, tasks)
        self.weights = fitted(self.weights, G, len(self.names), torch.nan)
        old = self.weights[..., at]
        w = torch.where(old.isnan(), new, self.a * old + (1 - self.a) * new)
        self.weights[..., at] = w
        return w.to(G.dtype)
