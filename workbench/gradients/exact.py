"""Gradients of all shared parameters."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import register
from workbench.gradients.base import Gradients, TaskGradients
from workbench.gradients.layers import Call, Layers, weight_gradients
from workbench.gradients.parts import Part, Products, Rows, shorter

#: largest relative difference between the layers' way and plain autograd that is rounding
ROUNDING = 1e-3
#: and the same relative to the whole gradient of a task
NOISE = 1e-5
#: steps of a task, or of a layer, at which the two ways are compared: seldom, since that costs another step
COMPARED = {10**k for k in range(12)}


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
        self.count, self.like = len(losses), losses[0]
        self.parts = self._parts(calls, list(zip(*cotangents, strict=True)), rest, list(zip(*others, strict=True)))

    def _parts(
        self,
        calls: Sequence[Call],
        cotangents: Sequence[Sequence[Tensor | None]],
        rest: Sequence[nn.Parameter],
        others: Sequence[Sequence[Tensor | None]],
    ) -> list[Part]:
        """The jacobian in parts; parameters that no task reaches have none."""
        uses = Counter(id(p) for call in calls for p in call.layer.parameters(recurse=False))
        parts: list[Part] = []
        summed: dict[int, tuple[Tensor, Tensor]] = {}
        for call, column in zip(calls, cotangents, strict=False):
            if all(c is None for c in column):
                continue
            once = all(uses[id(p)] == 1 for p in call.layer.parameters(recurse=False))
            if once and shorter(call, self.count):
                parts.append(Products(call, column))
                continue
            for parameter, rows in weight_gradients(call, column):
                before = summed.get(id(parameter))
                summed[id(parameter)] = parameter, rows if before is None else before[1] + rows
        for parameter, column in zip(rest, others, strict=False):
            flat = [torch.zeros_like(parameter).reshape(-1) if g is None else g.reshape(-1) for g in column]
            summed[id(parameter)] = parameter, torch.stack(flat)
        if summed:
            parts.append(Rows(*zip(*summed.values(), strict=True)))
        return parts

    @cached_property
    def blocks(self) -> list[Tensor]:  # type: ignore[override]
        """The columns of each shared parameter; put together only for those who look at single coordinates."""
        pairs = (pair for part in self.parts for pair in zip(part.parameters, part.rows, strict=True))
        known = {id(p): rows for p, rows in pairs}
        if not self.shared:
            return [self.like.new_zeros(self.count, 0)]
        return [known[id(p)] if id(p) in known else p.new_zeros(self.count, p.numel()) for p in self.shared]

    def gramian(self) -> Tensor:
        return self._gramian

    @cached_property
    def _gramian(self) -> Tensor:
        """Computed once, for the weighting and for the affinity map."""
        if "blocks" in self.__dict__:
            return super().gramian()
        return sum((part.gramian() for part in self.parts), self.like.new_zeros(self.count, self.count))

    def backward(self, weights: Tensor, own: Tensor) -> None:
        pairs = (pair for part in self.parts for pair in zip(part.parameters, part.combined(weights), strict=True))
        found = {id(p): gradient for p, gradient in pairs}
        self.fill([found[id(p)] if id(p) in found else torch.zeros_like(p) for p in self.shared], own)

    def fill_shared(self, parts: list[Tensor]) -> None:
        for parameter, part in zip(self.shared, parts, strict=False):
            parameter.grad = part.view_as(parameter)


@register("gradients", "exact", tags=("core",))
class Exact(Gradients):
    """Gradients of all shared parameters: one backward pass per task.

    ``J[i] = ∂L_i/∂θ``, ``[K, P]``, P the number of shared parameters. For Linear and convolution layers a
    backward pass carries only cotangents, and the weight gradients of all tasks come at once, or, where the batch is
    smaller than a Linear's fan-in, only their products with each other; every other parameter, and everything under
    mixed precision, goes through autograd. The two ways are compared at the 1st, 10th, 100th, … step of every task
    and of every layer, and autograd alone is used from then on if they differ by more than rounding (a parameter used
    behind a layer's back).
    """

    def setup(self) -> None:
        self.layers: Layers | None = None
        self.trusted = True
        self.met: Counter[Any] = Counter()

    def forward(self, model: Any, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Tensor]:
        if not self.trusted or torch.is_autocast_enabled(next(iter(views.values())).device.type):
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
        if self._due(tasks, self.layers.calls):
            plain = ExactGradients(losses, shared, own)
            mine, theirs = taken.gramian(), plain.gramian()  # before there are blocks, which it would be taken from
            self.trusted = agree(taken.blocks, plain.blocks) and agree([mine], [theirs])
            kept = taken if self.trusted else plain
            del kept.blocks, kept._gramian  # as at all other steps: the first one of a resumed run rounds like them
            return kept
        return taken

    def _due(self, tasks: Sequence[str], calls: Sequence[Call]) -> bool:
        """Whether a task that is present, or a layer called so often, was met 1, 10, 100, … times by now."""
        present = [*tasks, *Counter(id(call.layer) for call in calls).items()]
        self.met.update(present)
        return any(self.met[each] in COMPARED for each in present)


def agree(mine: Sequence[Tensor], theirs: Sequence[Tensor]) -> bool:
    """Whether two jacobians are equal up to rounding, row by row and part by part.

    What a part differs by may be as large as the rounding of its row, too: before a normalisation, a bias has a
    gradient of nothing but rounding.
    """
    errors = torch.stack([(a - b).norm(dim=1) for a, b in zip(mine, theirs, strict=True)])
    sizes = torch.stack([b.norm(dim=1) for b in theirs])
    limit = ROUNDING * sizes + NOISE * sizes.norm(dim=0) + torch.finfo(sizes.dtype).tiny
    return bool((errors <= limit).all())
