"""An encoder's module: a chain of stages, so that fusions can look and reach in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

from workbench.features import Features

if TYPE_CHECKING:
    from workbench.encoders.base import View


class Plain(nn.Sequential):
    """Layers in a row as one stage; positions are all alike to them."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return super().forward(x)


@dataclass(frozen=True)
class Place:
    """Where in the chain, and how its tensor lies.

    Attributes:
        channels: number of channels.
        axis: which axis they are: 1 (``[batch, channels, height, width]``) or -1 (``[batch, …, channels]``).
    """

    channels: int
    axis: int


class Stages(nn.Module):
    """``x_0 = view``, ``x_l = stage_l(x_{l-1}, mask)``; the last one gives the features, feature axis last.

    Attributes:
        stages: modules, each called with a tensor and the mask of the view (None where there is none).
        places: how the tensor after each stage lies.
        features: number of features at the end.
        view: what it reads; told by whoever built it for a model.
        gives: what comes out per example, a "vector", a "sequence" or a "map"; told likewise.
    """

    view: "View | None" = None
    gives: str = "vector"

    def __init__(self, stages: Sequence[nn.Module], places: Sequence[Place]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.places = list(places)

    @property
    def features(self) -> int:
        return self.places[-1].channels

    def mask(self, view: Tensor) -> Tensor | None:
        """Which positions of the view hold something; None: all of them."""
        return None

    def forward(self, view: Tensor) -> Features:
        mask, x = self.mask(view), view
        for stage in self.stages:
            x = stage(x, mask)
        return self.wrap(x, mask)

    def wrap(self, x: Tensor, mask: Tensor | None) -> Features:
        """What the last stage gave, as features."""
        return Features(x, mask if mask is not None and x.dim() == mask.dim() + 1 else None)


class WordStages(Stages):
    """Stages over words: ``int64[batch, length]``, 0 where a sentence is over."""

    def mask(self, view: Tensor) -> Tensor | None:
        return view != 0
