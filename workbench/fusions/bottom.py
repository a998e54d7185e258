"""A common bottom, and parts of the rest of the encoder that can be made any number of times."""

from collections.abc import Iterable, Sequence
from math import prod

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.encoders.stages import Stages
from workbench.features import Features, side_by_side
from workbench.fusions.base import NewEncoder
from workbench.fusions.places import Mask, features_at, layer_at, run


class Part(nn.Module):
    """Consecutive stages of the encoders of all views: ``[x_1, x_2, …] -> [y_1, y_2, …]``, one tensor per view."""

    def __init__(self, chains: Sequence[Iterable[nn.Module]]) -> None:
        super().__init__()
        self.chains = nn.ModuleList(nn.ModuleList(chain) for chain in chains)

    def forward(self, xs: Sequence[Tensor], masks: Sequence[Mask]) -> list[Tensor]:
        return [run(chain, x, mask) for chain, x, mask in zip(self.chains, xs, masks, strict=True)]  # type: ignore[arg-type]


class Bottom(nn.Module):
    """The first stages of the encoders of all views, common to all tasks; behind them the chain is cut into levels.

    ``bottom(views)`` gives a tensor and a mask per view. Without any stage these are the views themselves.

    Args:
        new_encoder: makes an encoder for the named view.
        views: names of the views.
        stages: how many stages are common; all that there are, where there are fewer.
        levels: parts behind them, as even as can be. A part for which no stage is left is one fully connected layer.

    Attributes:
        width: features at the end of all views.
    """

    def __init__(self, new_encoder: NewEncoder, views: Sequence[str], stages: int, levels: int = 1) -> None:
        super().__init__()
        frames = [new_encoder(view) for view in views]
        if stages == 0 and any(type(frame).mask is not Stages.mask for frame in frames):
            raise WorkbenchError("bottom = 0 would let the gates read the numbers of words; take 1 at least for texts.")
        self.names, self.new_encoder = list(views), new_encoder
        self.cuts = [bounds(len(frame.stages), stages, levels) for frame in frames]
        self.width = sum(frame.features for frame in frames)
        for frame, cut in zip(frames, self.cuts, strict=True):
            frame.stages = frame.stages[: cut[0]]
        self.frames = nn.ModuleList(frames)

    def column(self) -> nn.ModuleList:
        """One fresh part for every level."""
        encoders = [self.new_encoder(view) for view in self.names]
        levels = range(len(self.cuts[0]) - 1)
        pairs = list(zip(encoders, self.cuts, strict=True))
        return nn.ModuleList(Part([between(e, cut[level], cut[level + 1]) for e, cut in pairs]) for level in levels)

    def forward(self, views: dict[str, Tensor]) -> tuple[list[Tensor], list[Mask]]:
        masks = [frame.mask(views[name]) for name, frame in zip(self.names, self._frames(), strict=True)]
        triples = zip(self.names, self._frames(), masks, strict=True)
        return [run(frame.stages, views[name], mask) for name, frame, mask in triples], masks

    def sees(self, level: int) -> int:
        """How many numbers a gate in front of a level reads."""
        total = 0
        for frame, cut in zip(self._frames(), self.cuts, strict=True):
            if cut[level] == 0:
                assert frame.view is not None
                total += prod(frame.view.shape)
            else:
                total += frame.places[cut[level] - 1].channels
        return total

    def seen(self, level: int, xs: Sequence[Tensor], masks: Sequence[Mask]) -> Tensor:
        """What a gate in front of a level reads, ``[batch, sees]``: pooled features; views themselves as they are."""
        parts = [
            features_at(x, frame.places[cut[level] - 1], mask).pooled if cut[level] else x.flatten(1)
            for frame, cut, x, mask in zip(self._frames(), self.cuts, xs, masks, strict=True)
        ]
        return torch.cat(parts, dim=1)

    def wrap(self, xs: Sequence[Tensor], masks: Sequence[Mask]) -> Features:
        """What the last level gave for each view, as features side by side."""
        return side_by_side([frame.wrap(x, mask) for frame, x, mask in zip(self._frames(), xs, masks, strict=True)])

    def _frames(self) -> list[Stages]:
        return list(self.frames)  # type: ignore[arg-type]


def bounds(count: int, bottom: int, levels: int) -> list[int]:
    """Where a chain of ``count`` stages is cut: ``levels`` parts behind the first ``bottom`` stages, as even as can be.

    Where stages run out, the last parts are empty.
    """
    bottom = min(bottom, count)
    left, found = count - bottom, [bottom]
    for level in range(levels):
        share = -(-left // (levels - level))
        found.append(found[-1] + share)
        left -= share
    return found


def between(stages: Stages, first: int, last: int) -> list[nn.Module]:
    """The stages ``first … last-1``, or one fully connected layer where there are none."""
    part = list(stages.stages[first:last])
    return part or [layer_at(stages.places[last - 1])]
