"""One trunk that every task goes through in its own way: a pass per task, changed behind every stage."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from workbench.encoders.stages import Stages
from workbench.features import Features
from workbench.fusions.places import stacked
from workbench.fusions.views import ViewPart


class Change(nn.Module):
    """Stands behind a stage: what each task makes of its pass."""

    def forward(self, x: Tensor, tasks: Sequence[int]) -> Tensor:
        """``[tasks, batch, *positions, channels]`` to the same."""
        raise NotImplementedError

    def own(self, task: int) -> list[nn.Parameter]:
        """The parameters that serve one task alone."""
        return []


class Passes(ViewPart):
    """``x_k^l = change_l^k(stage_l(x_k^{l-1}))`` for one view.

    The passes of all tasks go through the trunk in one batch, so that layers which normalise over the batch see all of
    them alike, in training as in evaluation.

    Args:
        trunk: a fresh encoder.
        changes: one per stage.
    """

    def __init__(self, trunk: Stages, changes: Sequence[Change]) -> None:
        super().__init__()
        self.trunk, self.changes, self.width = trunk, nn.ModuleList(changes), trunk.features

    def forward(self, view: Tensor, tasks: Sequence[int]) -> dict[int, Features]:
        mask = self.trunk.mask(view)
        x = self.trunk.stages[0](view, mask)  # the same for all tasks
        x, masks = stacked([x] * len(tasks), mask)
        for level, (change, place) in enumerate(zip(self.changes, self.trunk.places, strict=True)):
            if level:
                x = self.trunk.stages[level](x, masks)
            apart = x.movedim(place.axis, -1).unflatten(0, (len(tasks), -1))
            x = change(apart, tasks).flatten(0, 1).movedim(-1, place.axis)
        return {k: self.trunk.wrap(part, mask) for k, part in zip(tasks, x.chunk(len(tasks)), strict=True)}

    def own(self, task: int) -> list[nn.Parameter]:
        return [p for change in self.changes for p in change.own(task)]  # type: ignore[operator, union-attr]


def per_task(rows: Tensor, x: Tensor) -> Tensor:
    """``[tasks, channels]`` shaped to meet ``[tasks, batch, *positions, channels]``."""
    return rows.view(rows.shape[0], *[1] * (x.dim() - 2), -1)


def chosen(rows: Sequence[nn.Parameter], tasks: Sequence[int]) -> Tensor:
    """The parameters of some tasks, stacked."""
    return torch.stack([rows[k] for k in tasks])
