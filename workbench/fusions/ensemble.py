"""Ensemble: several networks, their predictions averaged."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.features import Features
from workbench.fusions.base import Fusion, NewEncoder, Sharing
from workbench.fusions.independent import Concatenated

#: P(at most n) for n ~ Poisson(1); beyond the last, what is left is below 1e-6
POISSON = (0.36787944, 0.73575888, 0.91969860, 0.98101184, 0.99634015, 0.99940582, 0.99991676, 0.99998975, 0.99999887)


class EnsembleSharing(Sharing):
    apart: ClassVar[bool] = True

    salt: Tensor

    def __init__(
        self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str], members: int, bootstrap: bool
    ) -> None:
        super().__init__()
        self.bootstrap = bootstrap
        self.parts = tuple(f"member {number}" for number in range(1, members + 1))
        self.networks = nn.ModuleList(Concatenated(new_encoder, views) for _ in range(members))
        self.register_buffer("salt", torch.randint(2**31, (members,)))
        widths = [network.width for network in self.networks]
        self.features = {task: widths for task in tasks}  # type: ignore[misc]

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, list[Features]]:
        found = [network(views) for network in self.networks]
        return {task: found for task in tasks}

    def shares(self, task: str) -> Tensor:
        return torch.full((len(self.parts),), 1 / len(self.parts), device=self.salt.device)

    def resample(self, rows: Tensor) -> Tensor | None:
        return counts(rows, self.salt) if self.bootstrap else None


def counts(rows: Tensor, salt: Tensor) -> Tensor:
    """How often each row is drawn for each member, ``[members, rows]``: Poisson with mean 1, by both numbers alone."""
    x = rows.to(torch.int64) + salt.unsqueeze(1)
    for _ in range(2):  # spreads every bit of the number over 32 bits
        x = ((x >> 16) ^ x) * 0x45D9F3B & 0xFFFFFFFF
    x = (x >> 16) ^ x
    thresholds = torch.tensor(POISSON, dtype=torch.float64, device=rows.device)
    return torch.bucketize(x.double() / 2**32, thresholds, right=True).float()


@register("fusion", "ensemble", source="Lakshminarayanan et al., NeurIPS 2017 (deep ensembles)", tags=("core",))
class Ensemble(Fusion):
    """Several shared networks with initial weights of their own; their predictions are averaged.

    ``p_k(y | x) = 1/M Σ_m p_km(y | x)``: probabilities where a task predicts some, values otherwise. A member is
    a network with hard sharing and heads of its own. In training each member has the loss it would have alone, and
    the loss of a task is the mean over members (with plain SGD a member moves as with ``lr / M``); only predictions are
    averaged. With ``bootstrap`` each member sees a resampling of the training rows of its own: a row counts
    n ~ Poisson(1) times (Oza & Russell 2001), drawn from the seed by row and member, the same in every epoch.

    Recorded: how far each member's predictions lie from the members' mean, tasks × members: where they disagree, the
    ensemble does not know.

    Shapes: per task and member ``[batch, *positions, features]``, the features of all views together.
    """

    members: Annotated[int, Field(ge=1, le=32, description="number of networks M"), Slider(2, 10)] = 3
    bootstrap: Annotated[bool, Field(description="resample the training rows for every member")] = False

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return EnsembleSharing(new_encoder, views, tasks, self.members, self.bootstrap)
