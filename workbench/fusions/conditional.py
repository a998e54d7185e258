"""Features or weights conditioned on the task."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.encoders.stages import Stages
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.passes import Change, Passes, chosen, per_task
from workbench.fusions.views import PerView


class FiLM(Change):
    """``γ_k ⊙ x + β_k``; γ = 1 and β = 0 at the start."""

    def __init__(self, tasks: int, channels: int) -> None:
        super().__init__()
        self.gamma = nn.ParameterList(torch.ones(channels) for _ in range(tasks))
        self.beta = nn.ParameterList(torch.zeros(channels) for _ in range(tasks))

    def forward(self, x: Tensor, tasks: Sequence[int]) -> Tensor:
        return per_task(chosen(self.gamma, tasks), x) * x + per_task(chosen(self.beta, tasks), x)  # type: ignore[arg-type]

    def own(self, task: int) -> list[nn.Parameter]:
        return [self.gamma[task], self.beta[task]]

    def strength(self, task: int) -> Tensor:
        """Root mean square of γ − 1 and β."""
        return torch.cat([self.gamma[task] - 1, self.beta[task]]).square().mean().sqrt()


class Hyper(Change):
    """``x + U_k relu(D_k x)`` with ``[U_k, D_k] = H e_k``: a bottleneck whose weights follow from the task."""

    def __init__(self, embeddings: nn.ParameterList, channels: int, rank: int) -> None:
        super().__init__()
        self.embeddings = [embeddings]  # in a list: registered once, by the part that owns them
        self.channels, self.rank = channels, rank
        size = len(embeddings[0])
        self.down = nn.Linear(size, rank * channels)
        self.up = nn.Linear(size, channels * rank)
        for layer, spread in ((self.down, channels**-0.5), (self.up, 0.1 * rank**-0.5)):
            nn.init.normal_(layer.weight, std=spread * size**-0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, tasks: Sequence[int]) -> Tensor:
        e = chosen(self.embeddings[0], tasks)  # type: ignore[arg-type]
        D = self.down(e).view(-1, self.channels, self.rank)
        U = self.up(e).view(-1, self.rank, self.channels)
        rows = x.flatten(1, -2)
        return x + (torch.relu(rows @ D) @ U).view_as(x)

    def strength(self, task: int) -> Tensor:
        """Frobenius norm of ``U_k D_k`` over √channels."""
        e = self.embeddings[0][task]
        product = self.down(e).view(self.channels, self.rank) @ self.up(e).view(self.rank, self.channels)
        return product.norm() / self.channels**0.5


class ConditionedPasses(Passes):
    """Passes changed by features or weights that belong to the task."""

    def inspect(self, view: Tensor, tasks: Sequence[str]) -> dict[str, Table]:
        values = [[change.strength(k) for change in self.changes] for k in range(len(tasks))]  # type: ignore[operator, union-attr]
        columns = tuple(f"stage {level}" for level in range(1, len(self.changes) + 1))
        return {"condition": Table(tuple(tasks), columns, torch.stack([torch.stack(row) for row in values]))}


class HyperPasses(ConditionedPasses):
    """Weights made by a hypernetwork per stage from one embedding per task."""

    def __init__(self, trunk: Stages, tasks: int, size: int, rank: int) -> None:
        embeddings = nn.ParameterList(torch.randn(size) for _ in range(tasks))
        super().__init__(trunk, [Hyper(embeddings, place.channels, rank) for place in trunk.places])
        self.embeddings = embeddings

    def own(self, task: int) -> list[nn.Parameter]:
        return [self.embeddings[task]]


@register("fusion", "conditional", source="Perez et al., AAAI 2018 (FiLM); Mahabadi et al., ACL 2021 (hypernetworks)")
class Conditional(Fusion):
    """One trunk conditioned on the task: features scaled and shifted (FiLM), or weights made by a hypernetwork.

    Behind every stage, with x what it gives on the pass of task k::

        by = "film"            γ_k ⊙ x + β_k             γ_k, β_k per channel, 1 and 0 at the start
        by = "hypernetwork"    x + U_k relu(D_k x)       [U_k, D_k] = H e_k, a bottleneck of ``rank`` units

    H is a linear map per stage, common to all tasks; e_k, ``embedding`` numbers drawn from N(0, 1), is all that a task
    has of its own, so tasks that need alike weights may come to lie close. It starts near the identity. With FiLM a
    task has 2 numbers per channel of its own; all tasks start alike. Every task takes a pass through the trunk: memory
    is saved, not time. Each view apart.

    Recorded: ``condition``, tasks × stages: how far the pass of a task is bent (root mean square of γ − 1 and β, or
    ‖U_k D_k‖_F / √channels).

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    by: Annotated[Literal["film", "hypernetwork"], Field(description="features or weights are conditioned")] = "film"
    embedding: Annotated[
        int, Field(ge=1, description="numbers in a task's embedding (hypernetwork)"), Slider(2, 64)
    ] = 16
    rank: Annotated[int, Field(ge=1, description="units of the bottleneck (hypernetwork)"), Slider(1, 64)] = 8

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        def make(view: str) -> Passes:
            trunk = new_encoder(view)
            if self.by == "hypernetwork":
                return HyperPasses(trunk, len(tasks), self.embedding, self.rank)
            return ConditionedPasses(trunk, [FiLM(len(tasks), place.channels) for place in trunk.places])

        return PerView(make, views, tasks)
