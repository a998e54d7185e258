"""One network per task."""

from collections.abc import Sequence

from torch import Tensor, nn

from workbench.component import register
from workbench.features import Features, side_by_side
from workbench.fusions.base import Fusion, NewEncoder, Sharing


class Concatenated(nn.Module):
    """One encoder per view, their features side by side."""

    def __init__(self, new_encoder: NewEncoder, views: Sequence[str]) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({view: new_encoder(view) for view in views})
        self.width = sum(encoder.features for encoder in self.encoders.values())  # type: ignore[misc]

    def forward(self, views: dict[str, Tensor]) -> Features:
        return side_by_side([encoder(views[view]) for view, encoder in self.encoders.items()])


class IndependentSharing(Sharing):
    def __init__(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(Concatenated(new_encoder, views) for _ in tasks)
        self.position = {task: i for i, task in enumerate(tasks)}
        self.features = {task: network.width for task, network in zip(tasks, self.networks, strict=True)}  # type: ignore[misc]

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        return {task: self.networks[self.position[task]](views) for task in tasks}

    def own(self, task: str) -> list[nn.Parameter]:
        return list(self.networks[self.position[task]].parameters())


@register("fusion", "independent", source="the single-task baseline", tags=("core",))
class Independent(Fusion):
    """One network per task: nothing is shared.

    ``ŷ_k = h_k(f_k(x))``. Several views are encoded apart and concatenated within each task's network.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return IndependentSharing(new_encoder, views, tasks)
