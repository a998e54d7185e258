"""Reaching in between the stages of any encoder: features there, layers there, and parts of the chain."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from workbench.encoders.stages import Place
from workbench.features import Features

Mask = Tensor | None


def run(stages: Iterable[nn.Module], x: Tensor, mask: Mask) -> Tensor:
    """A tensor through some stages."""
    for stage in stages:
        x = stage(x, mask)
    return x


def features_at(x: Tensor, place: Place, mask: Mask) -> Features:
    """The tensor after a stage as features."""
    values = x.movedim(place.axis, -1)
    return Features(values, mask if mask is not None and mask.shape == values.shape[:-1] else None)


def wide(row: Tensor, x: Tensor, axis: int) -> Tensor:
    """One number per channel (or one for all), shaped to meet the channels of ``x``."""
    return row.view(-1, *[1] * (x.dim() - 1 - axis % x.dim()))


class AtPlace(nn.Module):
    """A module that reads and gives the channels last, put to work at a place: ``[batch, *positions, channels]``."""

    def __init__(self, module: nn.Module, axis: int) -> None:
        super().__init__()
        self.module, self.axis = module, axis

    def forward(self, x: Tensor, mask: Mask = None) -> Tensor:
        return self.module(x.movedim(self.axis, -1)).movedim(-1, self.axis)


def layer_at(place: Place) -> AtPlace:
    """One fully connected layer with ReLU over the channels, the same at every position."""
    return AtPlace(nn.Sequential(nn.Linear(place.channels, place.channels), nn.ReLU()), place.axis)


def blend(weights: Tensor, xs: Sequence[Tensor]) -> Tensor:
    """``Σ_e w_e x_e``; weights ``[parts]``, or ``[batch, parts]`` where they differ from example to example."""
    shaped = weights.unbind(-1)
    if weights.dim() == 2:
        shaped = tuple(w.view(-1, *[1] * (xs[0].dim() - 1)) for w in shaped)
    total = shaped[0] * xs[0]
    for w, x in zip(shaped[1:], xs[1:], strict=True):
        total = total + w * x
    return total


def stacked(xs: Sequence[Tensor], mask: Mask) -> tuple[Tensor, Mask]:
    """Several tensors of the same examples one behind the other in one batch, and the mask as often."""
    return torch.cat(list(xs)), None if mask is None else mask.repeat(len(xs), *[1] * (mask.dim() - 1))
