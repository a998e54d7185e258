"""Gradients of all shared parameters."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import register
from workbench.gradients.base import Gradients, TaskGradients
from workbench.gradients.layers import Call, Layers, weight_gradients

#: largest relative difference between the layers' way and plain autograd that is rounding
ROUNDING = 1e-3


class ExactGradients(TaskGradients):
    """One backward pass per task.

    Args:
        losses: one scalar per present task.
        shared: parameters that several tasks move.
        own: parameters of each present task alone.
        calls: layers whose weight gradients are taken for all tasks at once; those of all other parameters come from
            autograd.
    """

    def __init__(
        self,
        losses: Sequence[Tensor],
        shared: Sequence[nn.Parameter],
        own: Sequence[Sequence[nn.Parameter]],
        calls: Sequence[Call] = (),
    ) -> None:
        self.shared, self.own = shared, own
        covered = {id(p) for call in calls for p in call.layer.parameters(recurse=False)}
        rest = [p for p in shared if id(p) not in covered]
        cotangents: list[Sequence[Tensor | None]] = []
        others: list[Sequence[Tensor | None]] = []
        own_gradients: list[Sequence[Tensor | None]] = []
        for loss, mine in zip(losses, own, strict=True):
            wanted: list[Any] = [*(call.edge for call in calls), *rest, *mine]
            found = torch.autograd.grad(loss, wanted, retain_graph=True, allow_unused=True)
            cotangents.append(found[: len(calls)])
            others.append(found[len(calls) : len(calls) + len(rest)])
            own_gradients.append(found[len(calls) + len(rest) :])
        self.own_gradients = own_gradients
        parts: dict[int, Tensor] = {}
        for call, column in zip(calls, zip(*cotangents, strict=True), strict=False):
            if all(c is None for c in column):
                continue
            for parameter, rows in weight_gradients(call, list(column)):
                parts[id(parameter)] = parts[id(parameter)] + rows if id(parameter) in parts else rows
        for parameter, column in zip(rest, zip(*others, strict=True), strict=False):
            flat = [torch.zeros_like(parameter).reshape(-1) if g is None else g.reshape(-1) for g in column]
            parts[id(parameter)] = torch.stack(flat)
        empty = [p.new_zeros(len(losses), p.numel()) if id(p) not in parts else None for p in shared]
        self.blocks = [parts[id(p)] if zero is None else zero for p, zero in zip(shared, empty, strict=True)]
        if not shared:
            self.blocks = [losses[0].new_zeros(len(losses), 0)]

    def fill_shared(self, parts: list[Tensor]) -> None:
        for parameter, part in zip(self.shared, parts, strict=False):
            parameter.grad = part.view_as(parameter)


@register("gradients", "exact", tags=("core",))
class Exact(Gradients):
    """Gradients of all shared parameters: one backward pass per task.

    ``J[i] = ∂L_i/∂θ``, ``[K, P]``, P the number of shared parameters. For Linear layers a backward pass carries
    only cotangents, and the weight gradients of all tasks come from one product per layer; every other parameter, and
    everything under mixed precision, goes through autograd. The first step compares the two ways, and
    autograd alone is used from then on if they differ by more than rounding (a parameter used behind a layer's back).
    """

    def setup(self) -> None:
        self.layers: Layers | None = None
        self.trusted: bool | None = None

    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        if self.trusted is False or torch.is_autocast_enabled(next(iter(views.values())).device.type):
            self.layers = None
            return model(views, tasks)
        if self.layers is None:
            self.layers = Layers(model, model.shared_parameters())
        with self.layers.noting():
            return model(views, tasks)

    def take(self, model: Any, losses: Sequence[Tensor], tasks: Sequence[str]) -> TaskGradients:
        shared, own = model.shared_parameters(), [model.task_parameters(task) for task in tasks]
        if self.layers is None:
            return ExactGradients(losses, shared, own)
        taken = ExactGradients(losses, shared, own, self.layers.calls)
        if self.trusted is None:
            plain = ExactGradients(losses, shared, own)
            self.trusted = agree(taken.blocks, plain.blocks)
            return taken if self.trusted else plain
        return taken


def agree(mine: Sequence[Tensor], theirs: Sequence[Tensor]) -> bool:
    """Whether two jacobians are equal up to rounding, part by part."""
    return all(
        bool((a - b).norm() <= ROUNDING * b.norm() + torch.finfo(b.dtype).tiny)
        for a, b in zip(mine, theirs, strict=True)
    )
