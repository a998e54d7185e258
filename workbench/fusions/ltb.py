"""Learning to branch."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.columns import Columns, Unit
from workbench.fusions.places import blend
from workbench.fusions.views import PerView


class Branch(Unit):
    """``Σ_j w_kj x_j``: in training ``w_k ~ gumbel_softmax(α_k, τ)``, one draw per batch; then the likeliest parent.

    Attributes:
        updates: how many there were.
    """

    updates: Tensor

    def __init__(self, tasks: int, start: float, end: float, half_life: float) -> None:
        super().__init__()
        self.start, self.end, self.half_life = start, end, half_life
        self.alpha = nn.ParameterList(torch.zeros(tasks) for _ in range(tasks))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    @property
    def tau(self) -> Tensor:
        """``τ = end + (start − end) 2^{−updates / half_life}``."""
        return self.end + (self.start - self.end) * 0.5 ** (self.updates / self.half_life)

    def forward(self, xs: Sequence[Tensor], rows: Sequence[int]) -> list[Tensor]:
        if not self.training:
            return [xs[int(self.alpha[k].argmax())] for k in rows]
        found = []
        for k in rows:
            noise = -torch.empty_like(self.alpha[k]).exponential_().log()
            found.append(blend(torch.softmax((self.alpha[k] + noise) / self.tau, dim=0), xs))
        return found

    def own(self, task: int) -> list[nn.Parameter]:
        return [self.alpha[task]]

    def table(self, tasks: Sequence[str]) -> Table:
        nodes = tuple(f"block {number}" for number in range(1, len(tasks) + 1))
        return Table(tuple(tasks), nodes, torch.softmax(torch.stack(list(self.alpha)), dim=-1))


class BranchingColumns(Columns):
    def advance(self) -> None:
        for unit in self.units:
            unit.updates.add_(1)  # type: ignore[operator, union-attr]


@register("fusion", "ltb", source="Guo et al., ICML 2020")
class LTB(Fusion):
    """Learning to branch: every block learns which block of the stage before it reads, so that a tree grows.

    As many blocks per stage as tasks. Block k of stage l + 1 reads ``Σ_j w_kj x_j`` of the blocks of stage l, and head
    k those of the last stage; in training ``w_k = softmax((α_k + g)/τ)`` with Gumbel noise g, drawn once per batch, and
    τ annealed from ``start`` to ``end``, the distance halved every ``half_life`` updates. In evaluation, and in the
    end, each reads its likeliest parent alone (the first of them where α ties, as at the start, when all are 0).
    LibMTL counts epochs, draws one-hot from the start and gives head k block k.

    Which block serves which task changes, so all blocks count as shared; the choice of a head serves its task alone.
    The number of updates is part of the model's state. Recorded: ``branch l``, softmax of α, who reads (rows) which
    block of stage l; behind the last stage these are the heads.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    start: Annotated[float, Field(gt=0, description="temperature τ at the start"), Slider(0.1, 10, log=True)] = 2.0
    end: Annotated[float, Field(gt=0, description="temperature τ it falls to"), Slider(0.01, 1, log=True)] = 0.1
    half_life: Annotated[
        float, Field(gt=0, description="updates in which τ covers half its way"), Slider(10, 10_000, log=True)
    ] = 300.0

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        def make(view: str) -> Columns:
            columns = [new_encoder(view) for _ in tasks]
            units = [Branch(len(tasks), self.start, self.end, self.half_life) for _ in columns[0].places]
            return BranchingColumns(columns, units, "branch")

        return PerView(make, views, tasks)
