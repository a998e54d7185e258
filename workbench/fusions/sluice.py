"""Sluice networks."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.stages import Place, Stages
from workbench.features import Features, at_positions_of
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.columns import Columns, Unit, apart_rate
from workbench.fusions.cross_stitch import Same
from workbench.fusions.places import Mask, features_at
from workbench.fusions.views import PerView


class Sluices(Unit):
    """``x̃ = α x`` over the subspaces of all columns; the rows of a column's subspaces are one parameter."""

    def __init__(self, tasks: int, place: Place, subspaces: int, same: float, balanced: bool) -> None:
        super().__init__()
        self.axis, self.subspaces = place.axis, subspaces
        count = tasks * subspaces
        rows = torch.full((count, count), 1 / count) if balanced else torch.tensor(apart_rate(same, count))
        self.alpha = nn.ParameterList(rows.split(subspaces))  # each [subspaces, tasks * subspaces]

    def forward(self, xs: Sequence[Tensor], rows: Sequence[int]) -> list[Tensor]:
        parts = torch.stack([part for x in xs for part in x.chunk(self.subspaces, dim=self.axis)])
        flat, shape = parts.flatten(1), parts.shape[1:]
        return [torch.cat(list((self.alpha[k] @ flat).unflatten(1, shape)), dim=self.axis) for k in rows]

    def own(self, task: int) -> list[nn.Parameter]:
        return [self.alpha[task]]

    def table(self, tasks: Sequence[str]) -> Table:
        names = tuple(f"{task} {s}" for task in tasks for s in range(1, self.subspaces + 1))
        return Table(names, names, torch.cat(list(self.alpha)))


class SluiceColumns(Columns):
    """Columns with subspaces; at the end each task mixes what came out of all stages of its column."""

    def __init__(
        self, columns: Sequence[Stages], units: Sequence[Sluices], subspaces: int, orthogonality: float
    ) -> None:
        super().__init__(columns, units, "sluice")
        self.subspaces, self.orthogonality = subspaces, orthogonality
        places = columns[0].places
        self.beta = nn.ParameterList(torch.full((len(places),), 1 / len(places)) for _ in columns)
        self.fit = nn.ModuleList(
            nn.ModuleList(
                nn.Identity() if place.channels == self.width else nn.Linear(place.channels, self.width, bias=False)
                for place in places[:-1]
            )
            for _ in columns
        )

    def forward(self, view: Tensor, tasks: Sequence[int]) -> dict[int, Features]:
        self.cost = None
        frame: Stages = self.columns[0]  # type: ignore[assignment]
        mask, xs, earlier = frame.mask(view), [view] * len(self.columns), []
        for level, unit in enumerate(self.units):
            xs = [column.stages[level](x, mask) for column, x in zip(self.columns, xs, strict=True)]  # type: ignore[index, operator]
            if self.training and self.orthogonality > 0:
                cost = self.orthogonality * torch.stack([self._overlap(x, frame.places[level], mask) for x in xs]).sum()
                self.cost = cost if self.cost is None else self.cost + cost
            last = level == len(self.units) - 1
            xs = unit(xs, tasks if last else range(len(self.columns)))
            if not last:
                earlier.append([features_at(x, frame.places[level], mask) for x in xs])
        return {k: self._mixed(k, frame.wrap(x, mask), earlier) for k, x in zip(tasks, xs, strict=True)}

    def _mixed(self, k: int, end: Features, earlier: Sequence[Sequence[Features]]) -> Features:
        """``Σ_l β_kl x̃_k^l`` at the positions of the end."""
        total = self.beta[k][-1] * end.values
        for level, features in enumerate(earlier):
            layer = self.fit[k][level]  # type: ignore[index]
            total = total + self.beta[k][level] * at_positions_of(end, features[k].but(layer(features[k].values)))
        return end.but(total)

    def _overlap(self, x: Tensor, place: Place, mask: Mask) -> Tensor:
        """``Σ_{s<t} ‖X_sᵀ X_t / n‖²_F`` over the subspaces of one column, n rows (positions that hold something)."""
        features = features_at(x, place, mask)
        values = features.values.float()
        rows = values.flatten(0, -2) if features.mask is None else values * features.mask.unsqueeze(-1)
        n = len(rows) if features.mask is None else features.mask.sum().clamp(min=1)
        parts = rows.reshape(-1, place.channels).chunk(self.subspaces, dim=1)
        pairs = [(s, t) for s in range(len(parts)) for t in range(s)]
        return torch.stack([(parts[s].T @ parts[t] / n).square().sum() for s, t in pairs]).sum()

    def own(self, task: int) -> list[nn.Parameter]:
        return [*super().own(task), self.beta[task], *self.fit[task].parameters()]

    def inspect(self, view: Tensor, tasks: Sequence[str]) -> dict[str, Table]:
        levels = tuple(f"stage {level}" for level in range(1, len(self.units) + 1))
        return {**super().inspect(view, tasks), "skip": Table(tuple(tasks), levels, torch.stack(list(self.beta)))}


@register("fusion", "sluice", source="Ruder et al., AAAI 2019")
class Sluice(Fusion):
    """Sluice networks: one network per task whose subspaces are stitched apart, with learned skips to the head.

    The channels of each stage are divided into subspaces, ``x_k = [x_k^1; …; x_k^S]``; after it ``x̃ = α x`` with
    ``α ∈ ℝ^{KS×KS}`` over the subspaces of all networks. The head of task k reads ``Σ_l β_kl x̃_k^l`` over all stages;
    a stage of another width is brought to that of the last by a linear layer, one with other positions is pooled.
    Added to the loss, outside the task weights: ``orthogonality · Σ_l Σ_k Σ_{s<t} ‖X_sᵀ X_t / n‖²_F`` over the features
    of the n rows of the batch, so that subspaces hold different things (the authors' code constrains weight matrices of
    its LSTMs, which other encoders lack).

    Start: β even; α ``imbalanced``, ``same`` for a subspace itself and the rest spread over all others; or
    ``balanced``, all alike. (The authors' code has both, and another imbalanced pattern, for two tasks.) Each view
    apart. All networks serve all tasks; the last α, β and the linear layers of a task serve it alone. Recorded:
    ``sluice l``, α after each stage, and ``skip``, β.

    Shapes: per task ``[batch, *positions, features]``, the features of all views together.
    """

    needs: ClassVar[str] = "stages"

    subspaces: Annotated[int, Field(ge=2, le=16, description="subspaces S per network"), Slider(2, 8)] = 2
    start: Annotated[Literal["imbalanced", "balanced"], Field(description="α at the start")] = "imbalanced"
    same: Same = 0.9
    orthogonality: Annotated[
        float, Field(ge=0, description="weight of the overlap of subspaces in the loss"), Slider(0, 1)
    ] = 0.01

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        def make(view: str) -> SluiceColumns:
            columns = [new_encoder(view) for _ in tasks]
            places = columns[0].places
            for number, place in enumerate(places, 1):
                if place.channels % self.subspaces:
                    raise WorkbenchError(
                        f"Fusion 'sluice': stage {number} of view {view!r} has {place.channels} channels, which cannot "
                        f"be divided into {self.subspaces} subspaces; choose widths that can."
                    )
            count, balanced = len(tasks), self.start == "balanced"
            units = [Sluices(count, place, self.subspaces, self.same, balanced) for place in places]
            return SluiceColumns(columns, units, self.subspaces, self.orthogonality)

        return PerView(make, views, tasks)
