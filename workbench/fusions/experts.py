"""Experts behind a common bottom, weighed by a gate for every task."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider
from workbench.features import Features
from workbench.fusions.base import NewEncoder, Sharing, Table
from workbench.fusions.bottom import Bottom
from workbench.fusions.places import Mask, blend

BottomStages = Annotated[
    int,
    Field(ge=0, description="stages common to all tasks, which the gates read; 0: experts and gates read the views"),
    Slider(0, 4),
]


class SoftmaxGate(nn.Module):
    """``softmax(W x + b)``, ``[batch, inputs] -> [batch, experts]``."""

    def __init__(self, inputs: int, experts: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, experts)

    def forward(self, seen: Tensor) -> Tensor:
        return torch.softmax(self.linear(seen), dim=-1)


def blend_views(weights: Tensor, outputs: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """``Σ_e w_e y_e`` for every view.

    Args:
        weights: of the experts, ``[experts]`` or ``[batch, experts]``.
        outputs: of every expert, a tensor per view.
    """
    return [blend(weights, xs) for xs in zip(*outputs, strict=True)]


def mean_gate(weights: Tensor) -> Tensor:
    """The mean over examples of what a gate gave, ``[experts]``."""
    return weights.mean(0) if weights.dim() == 2 else weights


class GatedExperts(Sharing):
    """``f_k = Σ_e g_k(x)_e E_e(x)``: experts that serve all tasks, and a gate of its own for every task.

    Args:
        new_encoder: makes an encoder for the named view.
        views: names of the views.
        tasks: names of the tasks.
        experts: how many.
        bottom: how many stages are common.
    """

    def __init__(
        self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str], experts: int, bottom: int
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.bottom = Bottom(new_encoder, views, bottom)
        self.experts = nn.ModuleList(self.bottom.column()[0] for _ in range(experts))
        self.gates = nn.ModuleList(self.new_gate(self.bottom.sees(0), experts) for _ in tasks)
        self.features = dict.fromkeys(self.tasks, self.bottom.width)

    def new_gate(self, inputs: int, experts: int) -> nn.Module:
        """A gate for one task."""
        return SoftmaxGate(inputs, experts)

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        xs, masks = self.bottom(views)
        seen = self.bottom.seen(0, xs, masks)
        outputs = [expert(xs, masks) for expert in self.experts]
        return {task: self._features(self.gate(task)(seen), outputs, masks) for task in tasks}

    def gate(self, task: str) -> nn.Module:
        """The gate of a task."""
        return self.gates[self.tasks.index(task)]

    def _features(self, weights: Tensor, outputs: Sequence[Sequence[Tensor]], masks: Sequence[Mask]) -> Features:
        return self.bottom.wrap(blend_views(weights, outputs), masks)

    def own(self, task: str) -> list[nn.Parameter]:
        return list(self.gate(task).parameters())

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        xs, masks = self.bottom(views)
        seen = self.bottom.seen(0, xs, masks)
        values = torch.stack([mean_gate(gate(seen)) for gate in self.gates])
        return {"gate": Table(self.tasks, tuple(f"expert {e}" for e in range(1, len(self.experts) + 1)), values)}
