"""What the model gets wrong, more often."""

from collections.abc import Callable
from typing import Annotated, Any

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.sampling.base import Pool, Sampling, drawn


@register("sampling", "hard_example", source="after Loshchilov & Hutter, ICLR workshop 2016", tags=("core",))
class HardExample(Sampling):
    """What the model gets wrong, more often: examples are drawn in proportion to their loss after the last epoch.

    ``p_i = u / n + (1 - u) ℓ_i / Σ_j ℓ_j`` with ``ℓ_i`` the mean over the tasks of example i of its loss, each in units
    of the mean loss of that task. The first epoch takes every example once. One more forward pass over the training
    split per epoch tells the losses. Draws are not weighted back, so what is minimised leans towards hard examples;
    wrong labels are hard for ever, and u keeps the others in.
    """

    uniform: Annotated[
        float, Field(ge=0, le=1, description="share u of the draws that is uniform"), Slider(0.0, 1.0)
    ] = 0.2

    losses: Tensor | None

    def setup(self) -> None:
        self.losses = None

    def order(self, pool: Pool, generator: torch.Generator) -> Tensor:
        if self.losses is None or not bool(self.losses.sum() > 0):
            return pool.rows[torch.randperm(len(pool), generator=generator)]
        losses = self.losses.double()
        weights = self.uniform / len(pool) + (1 - self.uniform) * losses / losses.sum()
        return pool.rows[drawn(weights, len(pool), generator)]

    def end_epoch(self, pool: Pool, losses: dict[str, float], each: Callable[[], Tensor]) -> None:
        self.losses = each()

    def state_dict(self) -> dict[str, Any]:
        return {"losses": self.losses}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.losses = None if state["losses"] is None else state["losses"].cpu()
