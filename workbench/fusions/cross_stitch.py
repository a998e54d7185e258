"""Cross-stitch networks."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, register
from workbench.encoders.stages import Place
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.columns import Columns, Unit, apart_rate
from workbench.fusions.places import wide
from workbench.fusions.views import PerView

Same = Annotated[
    float, Field(ge=0, le=1, description="weight of a task's own column at the start; the others share the rest")
]


class Stitch(Unit):
    """``x̃_k = Σ_j α_kj x_j``, a row of α per task, for every channel or one for all."""

    def __init__(self, tasks: int, place: Place, same: float, per_channel: bool) -> None:
        super().__init__()
        self.axis = place.axis
        width = place.channels if per_channel else 1
        rows = torch.tensor(apart_rate(same, tasks)).unsqueeze(-1).repeat(1, 1, width)
        self.alpha = nn.ParameterList(row.clone() for row in rows)  # each [tasks, width]

    def forward(self, xs: Sequence[Tensor], rows: Sequence[int]) -> list[Tensor]:
        found = []
        for k in rows:
            shaped = [wide(a, xs[0], self.axis) for a in self.alpha[k]]
            total = shaped[0] * xs[0]
            for a, x in zip(shaped[1:], xs[1:], strict=True):
                total = torch.addcmul(total, a, x)
            found.append(total)
        return found

    def own(self, task: int) -> list[nn.Parameter]:
        return [self.alpha[task]]

    def table(self, tasks: Sequence[str]) -> Table:
        return Table(tuple(tasks), tuple(tasks), torch.stack([row.mean(-1) for row in self.alpha]))


@register("fusion", "cross_stitch", source="Misra et al., CVPR 2016", tags=("core",))
class CrossStitch(Fusion):
    """Cross-stitch units: one network per task; after every stage each reads a learned mixture of all.

    ``x̃_k^l = Σ_j α_kj^l x_j^l`` goes into stage l + 1 of network k, the last one to its head; α per channel, as in the
    paper, or one number for all. At the start ``α_kk = same`` and ``α_kj = (1 − same)/(K − 1)``, in the paper 0.9 and
    0.1 (LibMTL starts with ones). The paper gives α a learning rate 100 to 1000 times that of the networks; here there
    is one for all, which Adam, whose steps do not depend on the size of gradients, makes less pressing. Each view is
    stitched apart.

    All networks serve all tasks; only the last α of a task serves it alone. Recorded: ``stitch l``, the mean α over
    channels after each stage, tasks × tasks.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    same: Same = 0.9
    alpha: Annotated[Literal["channel", "scalar"], Field(description="one α per channel, or for all")] = "channel"

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        def make(view: str) -> Columns:
            columns = [new_encoder(view) for _ in tasks]
            units = [Stitch(len(tasks), place, self.same, self.alpha == "channel") for place in columns[0].places]
            return Columns(columns, units, "stitch")

        return PerView(make, views, tasks)
