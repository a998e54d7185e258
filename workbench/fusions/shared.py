"""Hard parameter sharing."""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from workbench.component import register
from workbench.features import Features
from workbench.fusions.base import Fusion, NewEncoder, Sharing
from workbench.fusions.independent import Concatenated


class HardSharing(Sharing):
    def __init__(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.network = Concatenated(new_encoder, views)
        self.features = {task: self.network.width for task in tasks}

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        features = self.network(views)
        return {task: features for task in tasks}


@register("fusion", "shared", source="Caruana, Machine Learning 1997", tags=("core",))
class Shared(Fusion):
    """Hard sharing: one encoder for all tasks, a head for each.

    ``ŷ_k = h_k(f(x))``. Several views are encoded apart and concatenated.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    one_representation: ClassVar[bool] = True

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return HardSharing(new_encoder, views, tasks)
