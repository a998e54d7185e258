"""Soft parameter sharing."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.features import Features
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.independent import IndependentSharing


class SoftSharing(IndependentSharing):
    def __init__(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str], strength: float) -> None:
        super().__init__(new_encoder, views, tasks)
        self.strength = strength
        first = self.networks[0].state_dict()
        for network in self.networks[1:]:
            network.load_state_dict(first)
        self.asked: Sequence[str] = ()

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        self.asked = tasks
        return super().forward(views, tasks)

    def penalty(self) -> Tensor | None:
        """``λ Σ_k Σ_j ‖W_k − sg W_j‖²`` over the asked tasks k, by the mean m: ``K ‖W_k − m‖² + Σ_j ‖W_j − m‖²``."""
        if self.strength == 0 or len(self.networks) == 1:
            return None
        asked, parts = [self.position[task] for task in self.asked], []
        for together in zip(*(network.parameters() for network in self.networks), strict=True):
            fixed = torch.stack([p.detach() for p in together])
            mean = fixed.mean(0)
            scatter = (fixed - mean).square().sum()
            parts += [len(together) * (together[k] - mean).square().sum() + scatter for k in asked]
        return self.strength * torch.stack(parts).sum()

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        flat = torch.stack([torch.cat([p.flatten() for p in network.parameters()]) for network in self.networks])
        tasks = tuple(self.position)
        return {"distance": Table(tasks, tasks, torch.cdist(flat, flat) / flat.shape[1] ** 0.5)}


@register("fusion", "soft", source="Duong et al., ACL 2015; Yang & Hospedales, ICLR workshop 2017")
class Soft(Fusion):
    """Soft sharing: one network per task, each drawn towards the others.

    The loss is ``Σ_k w_k L_k + λ Σ_{k<j} ‖W_k − W_j‖²`` over all parameters of the networks, heads left out; the
    networks start equal. λ = 0 leaves independent networks (from one start), a large λ hard sharing: λ is the dial in
    between. Each network is drawn by the gradient of that sum as if the others stood still, so a task that is absent
    from a step stays where it is.

    The pull does not pass through the task weights. What a network gets from losses comes from its own task alone,
    so methods that weigh shared gradients have nothing to weigh. Recorded: ``distance``, root mean square over
    parameters, tasks × tasks.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = ""

    strength: Annotated[float, Field(ge=0, description="λ: how strongly networks are drawn together"), Slider(0, 1)] = (
        0.01
    )

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return SoftSharing(new_encoder, views, tasks, self.strength)
