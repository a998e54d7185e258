"""NDDR-CNN: neural discriminative dimensionality reduction."""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import register
from workbench.encoders.backbone import BatchNorm
from workbench.encoders.stages import Place
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.columns import Columns, Unit, apart_rate
from workbench.fusions.cross_stitch import Same
from workbench.fusions.views import PerView


class Reduce(Unit):
    """``relu(norm(W_k [x_1; …; x_K]))``, W_k over the channels, the same at every position."""

    def __init__(self, tasks: int, place: Place, same: float) -> None:
        super().__init__()
        self.place, self.count = place, tasks
        eye = torch.eye(place.channels)
        self.reduce = nn.ParameterList(torch.cat([s * eye for s in row], dim=1) for row in apart_rate(same, tasks))
        self.norms = nn.ModuleList(norm_at(place) for _ in range(tasks))

    def forward(self, xs: Sequence[Tensor], rows: Sequence[int]) -> list[Tensor]:
        axis = self.place.axis
        both = torch.cat(list(xs), dim=axis)
        if axis == 1:
            reduced = [F.conv2d(both, self.reduce[k][:, :, None, None]) for k in rows]
        else:
            reduced = [F.linear(both, self.reduce[k]) for k in rows]
        return [torch.relu(self.norms[k](x)) for k, x in zip(rows, reduced, strict=True)]

    def own(self, task: int) -> list[nn.Parameter]:
        return [self.reduce[task], *self.norms[task].parameters()]

    def table(self, tasks: Sequence[str]) -> Table:
        blocks = torch.stack(list(self.reduce)).unflatten(-1, (self.count, self.place.channels))
        values = blocks.square().sum((1, 3)).sqrt() / self.place.channels**0.5
        return Table(tuple(tasks), tuple(tasks), values)


def norm_at(place: Place) -> nn.Module:
    """Batch normalisation on maps; layer normalisation where channels are last."""
    return BatchNorm(place.channels) if place.axis == 1 else nn.LayerNorm(place.channels)


@register("fusion", "nddr", source="Gao et al., CVPR 2019")
class NDDR(Fusion):
    """NDDR-CNN: one network per task; after every stage a 1x1 convolution brings all of them to each task's width.

    ``x̃_k = relu(norm(W_k [x_1; …; x_K]))`` goes into the next stage of network k, the last one to its head. At the
    start ``W_k = [(1 − same)/(K − 1) I, …, same I, …]``, in the paper 0.9 and 0.1: near the network of one's own. On
    maps W_k is a 1x1 convolution followed by batch normalisation; on vectors and sequences a linear layer followed by
    layer normalisation, which padding and small batches do not disturb. Each view apart.

    All networks serve all tasks; only the last W_k and its normalisation serve one alone. Recorded: ``reduction l``,
    the Frobenius norm of each task's part in W_k over √channels, tasks × tasks.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    same: Same = 0.9

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        def make(view: str) -> Columns:
            columns = [new_encoder(view) for _ in tasks]
            units = [Reduce(len(tasks), place, self.same) for place in columns[0].places]
            return Columns(columns, units, "reduction")

        return PerView(make, views, tasks)
