"""What a source of affinity gives back."""

from typing import NamedTuple

import torch
from torch import Tensor

from workbench.affinities.base import Estimate
from workbench.problems.base import Data


class Brought(NamedTuple):
    """A measured map and what it took.

    Attributes:
        estimate: the map and its standard errors.
        names: of the tasks.
        cost: gradient evaluations: backward passes of one task over one batch.
    """

    estimate: Estimate
    names: list[str]
    cost: int


def some_rows(data: Data, split: str, count: int) -> Tensor:
    """Row numbers of at most so many examples of a split, drawn once and for all."""
    rows = data.splits[split]
    return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:count]]
