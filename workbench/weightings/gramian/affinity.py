"""Weights from relatedness."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.cosines import cosines
from workbench.weightings.base import GramianWeighting, Heads
from workbench.weightings.memory import places
from workbench.weightings.related import related_weights


@register("weighting", "affinity", source="with a target: after Du et al. 2018, arXiv 1812.02224; else a heuristic")
class Affinity(GramianWeighting):
    """Weights from relatedness: a task counts as much as its gradient helps the others, or a target task.

    ``w_i ∝ Σ_{j≠i} max(Z_{i→j}, 0)``, or with a target t ``w_i ∝ max(Z_{i→t}, 0)``, where t itself gets as much as its
    best helper; scaled to a mean of 1. Z is a running mean per pair, ``z ← β z + (1 − β) Z``, freed of its start at 0,
    of what ``measure`` makes of a step's Gramian: ``gradient_cosine``, ``G_ij / (‖g_i‖ ‖g_j‖)``, or ``first_order``,
    the lookahead affinity to first order, ``G_ij / L_j`` (the learning rate cancels). A pair that was never there
    together, or of which nothing can be said (a zero gradient, a loss of 0 or below), counts as 0. Where nobody helps,
    weights are equal, or the target stands alone.

    It looks at the gradients every ``every`` steps, and whenever a task is there for the first time; in between weights
    are held, and a step costs one backward pass. With an absent target the others keep the weights it gave them.

    A heuristic: nothing is guaranteed, and without a target a task that is like many others is favoured, useful or not.
    Du et al. weight the helper's gradient of each step by ``max(cos, 0)`` of that step and the target's by 1, which
    makes weak helpers small beside the target; here the best helper is its equal. Length: weights have mean 1.

    >>> import torch, workbench as wb
    >>> G = torch.tensor([[1.0, 0.5, 0.1], [0.5, 1.0, -0.5], [0.1, -0.5, 1.0]])
    >>> [round(x, 3) for x in wb.weightings.get("affinity")(G).tolist()]
    [1.5, 1.25, 0.25]
    """

    memory: ClassVar[tuple[str, ...]] = ("sums", "parts", "known", "age")

    heads: Heads = "own"
    measure: Annotated[
        Literal["gradient_cosine", "first_order"], Field(description="what says how much a task helps another")
    ] = "gradient_cosine"
    target: Annotated[str | None, Field(description="name of the task to help; none: all of them")] = None
    every: Annotated[
        int, Field(ge=1, description="steps from one look at the gradients to the next"), Slider(1, 50)
    ] = 10
    beta: Annotated[float, Field(ge=0, lt=1, description="β: memory of the running mean"), Slider(0, 0.99)] = 0.9

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        super().bind(names, seed, device)
        if self.target is not None:
            self.check_names([self.target], "Weighting 'affinity': target")

    def reset(self, seed: int = 0) -> None:
        count = len(self.names)
        self.sums, self.parts = (torch.zeros(count, count, dtype=torch.float64) for _ in range(2))
        self.known = torch.zeros(count, dtype=torch.bool)  # on the host: nobody waits for a device to ask it
        self.age = 0  # steps since the last look, that one included

    def due(self, tasks: Sequence[int] | None = None) -> bool:
        known = self.known if tasks is None else self.known[list(tasks)]
        return self.age >= self.every or not len(known) or not bool(known.all())

    def held(self, tasks: Sequence[int] | None = None) -> Tensor:
        self.age += 1
        return self._weights(tasks)

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if self.target is not None and not self.names:
            raise WorkbenchError("Weighting 'affinity' has to be told the tasks before it can find its target: bind().")
        count = max(len(self.names), G.shape[-1])
        if self.sums.shape != (*G.shape[:-2], count, count):
            self.sums, self.parts = G.new_zeros(2, *G.shape[:-2], count, count, dtype=torch.float64)
            self.known = torch.zeros(count, dtype=torch.bool)
        if not self.due(tasks):
            return self.held(tasks).to(G)
        there = torch.arange(count, device=G.device)[places(G, tasks)]
        pairs = (..., there[:, None], there)
        found = self._measured(G.detach().double(), losses)
        usable = found.isfinite()
        self.sums, self.parts = self.sums.to(G.device, copy=True), self.parts.to(G.device, copy=True)
        for kept, new in ((self.sums, found), (self.parts, torch.ones_like(found))):
            kept[pairs] = torch.where(usable, self.beta * kept[pairs] + (1 - self.beta) * new, kept[pairs])
        self.age, self.known = 1, self.known.clone()
        self.known[slice(None) if tasks is None else list(tasks)] = True
        return self._weights(tasks).to(G)

    def _measured(self, G: Tensor, losses: Tensor | None) -> Tensor:
        """The map of the present tasks, ``[..., K, K]``, rows help columns; not finite where it cannot be said."""
        if self.measure == "gradient_cosine":
            return cosines(G)
        if losses is None:
            raise WorkbenchError("Weighting 'affinity' with measure 'first_order' needs losses=.")
        L = losses.detach().double()[..., None, :]
        return torch.where(L > 0, G / L, torch.nan)

    def _weights(self, tasks: Sequence[int] | None) -> Tensor:
        """The weights of the present tasks, ``[..., K]``, from the running means."""
        Z = torch.where(self.parts > 0, self.sums / self.parts, 0.0)
        target = None if self.target is None else self.names.index(self.target)
        return related_weights(Z, target, None if tasks is None else torch.as_tensor(list(tasks), device=Z.device))
