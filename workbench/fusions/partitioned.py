"""Parameters divided into sub-networks, each responsible for a task."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.passes import Change, Passes, per_task
from workbench.fusions.views import PerView


class Route(Change):
    """``m_k ⊙ x``, m_k fixed: which channels belong to the sub-network of task k."""

    masks: Tensor

    def __init__(self, masks: Tensor) -> None:
        super().__init__()
        self.register_buffer("masks", masks)

    def forward(self, x: Tensor, tasks: Sequence[int]) -> Tensor:
        return x * per_task(self.masks[list(tasks)], x).to(x.dtype)


class Partition(Passes):
    """Passes through the sub-networks of one trunk."""

    def inspect(self, view: Tensor, tasks: Sequence[str]) -> dict[str, Table]:
        both = torch.cat([change.masks for change in self.changes], dim=1).float()  # type: ignore[union-attr, misc]
        return {"units in common": Table(tuple(tasks), tuple(tasks), both @ both.T / both.shape[1])}


def divided(channels: int, tasks: int, shared: float) -> Tensor:
    """Which channels are whose, ``bool[tasks, channels]``: a share for all, the others dealt out at random."""
    order = torch.randperm(channels)
    common = round(shared * channels)
    masks = torch.zeros(tasks, channels, dtype=torch.bool)
    masks[:, order[:common]] = True
    for position, channel in enumerate(order[common:].tolist()):
        masks[position % tasks, channel] = True
    return masks


@register("fusion", "partitioned", source="Strezoski et al., ICCV 2019 (task routing)")
class Partitioned(Fusion):
    """One trunk divided into sub-networks, each responsible for a task, with a share of units in common.

    ``x_k^l = m_k^l ⊙ stage_l(x_k^{l-1})``: behind every stage a fixed mask leaves task k its own channels and those of
    all tasks. A share ``shared`` of the channels belongs to all; the rest is dealt out evenly, at random by the seed.
    0: every unit is responsible for one task; 1: hard sharing. (Task routing draws every mask by itself, so that pairs
    of tasks may share a unit.) Each view apart.

    Every task takes a pass through the trunk: memory is saved, not time. Weights lie in common tensors, whose entries
    serve one task or all; so they count as shared, and gradients of two tasks meet only where their sub-networks do.
    Recorded: ``units in common``, share of all units, tasks × tasks.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    shared: Annotated[float, Field(ge=0, le=1, description="share of the units common to all tasks"), Slider(0, 1)] = (
        0.5
    )

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        def make(view: str) -> Partition:
            trunk = new_encoder(view)
            for number, place in enumerate(trunk.places, 1):
                if place.channels < len(tasks) and round(self.shared * place.channels) == 0:
                    raise WorkbenchError(
                        f"Fusion 'partitioned': stage {number} of view {view!r} has {place.channels} channels for "
                        f"{len(tasks)} tasks and none in common; widen it, or raise shared."
                    )
            return Partition(trunk, [Route(divided(p.channels, len(tasks), self.shared)) for p in trunk.places])

        return PerView(make, views, tasks)
