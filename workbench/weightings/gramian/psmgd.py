"""Periodic multi-gradient descent."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.gramian.wrapper import Wrapper
from workbench.weightings.memory import fitted, places


@register("weighting", "psmgd", source="Xu et al., AAAI 2025, arXiv 2412.10961 (from secondary sources)")
class PSMGD(Wrapper):
    """Another weighting's weights, found every so many steps and held in between: most steps cost one backward pass.

    At the first step and at each ``every``-th after it ``w = ŵ``, the weights that ``of`` gives; at the steps between
    the weights are those found last, and no task gradients are taken. A step that has a task without weights yet is
    one at which they are found; the weight of a task that was absent then is the one it had before. ``of`` is a name
    or a name with settings, such as ``cagrad(c=0.5)``; heads get the factors that ``of`` gave them.

    Guarantees of ``of`` hold only at the steps at which weights are found. Length: that of ``of``.

    >>> import torch, workbench as wb
    >>> weighting = wb.weightings.get("psmgd", every=2)
    >>> [[round(x, 3) for x in weighting(torch.diag(torch.tensor([1.0, n]))).tolist()] for n in (1.0, 4.0, 4.0)]
    [[0.5, 0.5], [0.5, 0.5], [0.8, 0.2]]
    """

    memory: ClassVar[tuple[str, ...]] = ("weights", "own", "known", "age")

    every: Annotated[
        int, Field(ge=1, description="steps from one look at the gradients to the next"), Slider(1, 50)
    ] = 10

    def reset(self, seed: int = 0) -> None:
        super().reset(seed)
        count = len(self.names)
        self.weights, self.own = (torch.zeros(count, dtype=torch.float64) for _ in range(2))
        self.known = torch.zeros(count, dtype=torch.bool)  # on the host: nobody waits for a device to ask it
        self.age = 0  # steps since the weights were found, that one included
        self.last: list[int] | None = None  # the tasks of the last step

    def due(self, tasks: Sequence[int] | None = None) -> bool:
        known = self.known if tasks is None else self.known[list(tasks)]
        return self.age >= self.every or not len(known) or not bool(known.all())

    def held(self, tasks: Sequence[int] | None = None) -> Tensor:
        self.age += 1
        self.last = None if tasks is None else list(tasks)
        return self._of_present(self.weights)

    def head_weights(self, weights: Tensor, losses: Tensor) -> Tensor:
        return self._of_present(self.own).to(weights)

    def _of_present(self, kept: Tensor) -> Tensor:
        return kept.clone() if self.last is None else kept[..., self.last]

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        weights = fitted(self.weights, G, len(self.names), 0.0)
        if weights.shape != self.weights.shape:
            self.known = torch.zeros(weights.shape[-1], dtype=torch.bool)
        if not self.due(tasks):
            return self.held(tasks).to(G)
        w = self.inner(G, losses=losses, tasks=tasks).detach()
        at = places(G, tasks)
        self.weights, self.own = weights, fitted(self.own, G, len(self.names), 0.0)
        self.weights[..., at] = w.double()
        self.own[..., at] = self.inner.head_weights(w, torch.ones_like(w) if losses is None else losses).double()
        self.age, self.last = 1, None if tasks is None else list(tasks)
        self.known = self.known.clone()
        self.known[slice(None) if self.last is None else self.last] = True
        return w
