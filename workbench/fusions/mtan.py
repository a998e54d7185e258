"""Multi-task attention network."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import register
from workbench.encoders.stages import Stages
from workbench.features import Features, at_positions_of
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.places import Mask, features_at
from workbench.fusions.views import PerView, ViewPart

#: told the mask of a task behind a stage
Tell = Callable[[int, int, Features], None]


def mask_net(inputs: int, channels: int) -> nn.Sequential:
    """``sigmoid(W₂ relu(W₁ ·))`` over the channels, the same at every position: two 1x1 convolutions."""
    return nn.Sequential(nn.Linear(inputs, channels), nn.ReLU(), nn.Linear(channels, channels), nn.Sigmoid())


class Masks(ViewPart):
    """A common trunk, and behind each of its stages a mask per task.

    Args:
        trunk: a fresh encoder.
        tasks: how many.
    """

    def __init__(self, trunk: Stages, tasks: int) -> None:
        super().__init__()
        self.trunk, self.width = trunk, trunk.features
        widths = [place.channels for place in trunk.places]
        self.carry = nn.ModuleList(  # to the width of the next stage, common to all tasks
            nn.Sequential(nn.Linear(before, after), nn.ReLU()) for before, after in pairwise(widths)
        )
        self.masks = nn.ModuleList(
            nn.ModuleList(mask_net(width if level == 0 else 2 * width, width) for level, width in enumerate(widths))
            for _ in range(tasks)
        )

    def forward(self, view: Tensor, tasks: Sequence[int]) -> dict[int, Features]:
        found, mask = self._pass(view, tasks, lambda k, level, a: None)
        place = self.trunk.places[-1]
        return {k: self.trunk.wrap(x.values.movedim(-1, place.axis), mask) for k, x in found.items()}

    def _pass(self, view: Tensor, tasks: Sequence[int], tell: Tell) -> tuple[dict[int, Features], Mask]:
        mask, x = self.trunk.mask(view), view
        attended: dict[int, Features] = {}
        for level, (stage, place) in enumerate(zip(self.trunk.stages, self.trunk.places, strict=True)):
            x = stage(x, mask)
            features = features_at(x, place, mask)
            for k in tasks:
                seen = [features.values]
                if level:
                    seen.append(resized(features, attended[k], self.carry[level - 1]))
                a = self.masks[k][level](torch.cat(seen, dim=-1))  # type: ignore[index]
                tell(k, level, features.but(a))
                attended[k] = features.but(a * features.values)
        return attended, mask

    def own(self, task: int) -> list[nn.Parameter]:
        return list(self.masks[task].parameters())

    def inspect(self, view: Tensor, tasks: Sequence[str]) -> dict[str, Table]:
        values = torch.zeros(len(tasks), len(self.trunk.places))

        def tell(k: int, level: int, a: Features) -> None:
            values[k, level] = a.pooled.mean()

        self._pass(view, range(len(tasks)), tell)
        return {"mask": Table(tuple(tasks), tuple(f"stage {n}" for n in range(1, values.shape[1] + 1)), values)}


def resized(to: Features, before: Features, carry: nn.Module) -> Tensor:
    """What a task attended to one stage before, brought to this stage's width and positions.

    A map that became smaller is averaged over the parts of it that each position covers; where positions are of another
    kind it is pooled.
    """
    values = carry(before.values)
    if values.dim() == 4 and to.values.dim() == 4:
        return F.adaptive_avg_pool2d(values.movedim(-1, 1), list(to.values.shape[1:3])).movedim(1, -1)  # type: ignore[arg-type]
    return at_positions_of(to, before.but(values))


@register("fusion", "mtan", source="Liu, Johns & Davison, CVPR 2019", tags=("core",))
class MTAN(Fusion):
    """Multi-task attention network: one trunk; behind every stage each task masks what it has use for.

    With ``p^l`` what stage l of the trunk gives and ``â_k^l`` what task k attends to::

        a_k^l = sigmoid(W₂ relu(W₁ [p^l; c^l(â_k^{l-1})]))        â_k^l = a_k^l ⊙ p^l

    The head of task k reads ``â_k`` of the last stage. W₁ and W₂ are 1x1 convolutions of the task's own; ``c^l`` (1x1
    with ReLU, brought to the size of the next stage) is common to all tasks, as in the authors' code. There a block has
    an inner feature u that the mask reads beside the block's end p; encoders here show their ends alone, so u = p; and
    its batch normalisation is left out, so that vectors, sequences and maps are treated alike. Each view apart.

    The masks of a task serve it alone. Recorded: ``mask``, the mean of every mask, tasks × stages.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return PerView(lambda view: Masks(new_encoder(view), len(tasks)), views, tasks)
