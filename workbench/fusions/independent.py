"""One network per task."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from workbench.component import register
from workbench.fusions.base import Fusion, NewEncoder, Sharing


class Concatenated(nn.Module):
    """One encoder per view, their features side by side."""

    def __init__(self, new_encoder: NewEncoder, views: Sequence[str]) -> None:
        super().__init__()
        made = {view: new_encoder(view) for view in views}
        self.encoders = nn.ModuleDict({view: module for view, (module, _) in made.items()})
        self.width = sum(features for _, features in made.values())

    def forward(self, views: dict[str, Tensor]) -> Tensor:
        parts = [encoder(views[view]) for view, encoder in self.encoders.items()]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


class IndependentSharing(Sharing):
    def __init__(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(Concatenated(new_encoder, views) for _ in tasks)
        self.position = {task: i for i, task in enumerate(tasks)}
        self.features = {task: network.width for task, network in zip(tasks, self.networks, strict=True)}  # type: ignore[misc]

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        return {task: self.networks[self.position[task]](views) for task in tasks}

    def own(self, task: str) -> list[nn.Parameter]:
        return list(self.networks[self.position[task]].parameters())


@register("fusion", "independent", source="the single-task baseline", tags=("core",))
class Independent(Fusion):
    """One network per task: nothing is shared.

    ``ŷ_k = h_k(f_k(x))``. Several views are encoded apart and concatenated within each task's network.
    """

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return IndependentSharing(new_encoder, views, tasks)
