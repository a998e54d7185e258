"""Gradients at the shared representation: one backward pass through the encoder, whatever the number of tasks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.component import component, register
from workbench.gradients.base import Gradients, TaskGradients


class RepresentationGradients(TaskGradients):
    """Task gradients at the features, ``J[i] = ∂L_i/∂z`` flattened over batch and features.

    Args:
        losses: one scalar per present task.
        features: the shared features with the graph of the encoder behind them, ``[batch, features]``.
        leaf: the same numbers, cut off, from which the heads computed the losses.
        own: parameters of each present task's head.
    """

    def __init__(self, losses: Sequence[Tensor], features: Tensor, leaf: Tensor, own: Sequence[Sequence[Any]]) -> None:
        self.features, self.leaf, self.own, self.examples = features, leaf, own, len(leaf)
        found = [
            torch.autograd.grad(loss, [leaf, *parameters], retain_graph=True, allow_unused=True)
            for loss, parameters in zip(losses, own, strict=True)
        ]
        rows = [torch.zeros_like(leaf) if row is None else row for row, *_ in found]
        self.blocks = [torch.stack(rows).reshape(len(rows), -1)]
        self.own_gradients = [rest for _, *rest in found]

    def carry_on(self) -> None:
        if self.leaf.grad is not None:
            self.features.backward(self.leaf.grad)

    def fill_shared(self, parts: list[Tensor]) -> None:
        (direction,) = parts
        self.features.backward(direction.view_as(self.features))


@register("gradients", "representation", source="MGDA-UB: Sener & Koltun, NeurIPS 2018", tags=("core",))
class Representation(Gradients):
    """Gradients at the shared features: one backward pass through the encoder for all tasks together.

    ``J[i] = ∂L_i/∂z``, z the features that all heads read. With MGDA this is MGDA-UB, an upper bound of the exact
    problem. Needs a fusion in which all tasks read the same features.
    """

    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        features = next(iter(model.sharing(views, tasks).values()))
        self.features = features.values
        self.leaf = self.features.detach().requires_grad_(self.features.requires_grad)
        return model.outputs(dict.fromkeys(tasks, features.but(self.leaf)))

    def take(self, model: Any, losses: Sequence[Tensor], tasks: Sequence[str]) -> TaskGradients:
        own = [model.task_parameters(task) for task in tasks]
        return RepresentationGradients(losses, self.features, self.leaf, own)

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        fusion, _ = spec.chosen("fusion")
        if component("fusion", fusion).one_representation:  # type: ignore[attr-defined]
            return []
        return [f"Gradients 'representation' need a fusion whose tasks read the same features; {fusion!r} has none."]
