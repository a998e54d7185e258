"""Streams: the views of a problem where there are several, else one light stem per task."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider
from workbench.encoders.stages import Stages
from workbench.features import Features
from workbench.fusions.base import NewEncoder
from workbench.fusions.places import features_at, run, stacked

Stem = Annotated[
    int, Field(ge=1, description="stages of a stem, where a problem has one view and a stem per task"), Slider(1, 4)
]

#: what encoders give, the richest last
KINDS = ("vector", "sequence", "map")


def stream_names(views: Sequence[str], tasks: Sequence[str]) -> tuple[str, ...]:
    """The views; or stems, numbered (a stem is nobody's: every task may read every stream)."""
    return tuple(views) if len(views) > 1 else tuple(f"stem {number}" for number in range(1, len(tasks) + 1))


class Streams(nn.Module):
    """Streams encoded: ``streams(views) -> [features of stream 1, …]``.

    Several views: an encoder each. One view: for every task a stem, the first ``stem`` stages of a fresh encoder;
    behind the stems the stages that follow are common, so that a stream costs little. (Its passes go through in one
    batch, so that layers which normalise over the batch see all streams alike.)

    Args:
        new_encoder: makes an encoder for the named view.
        views: names of the views.
        tasks: names of the tasks.
        stem: stages of a stem.
        stages: how many stages of the encoders are used; None: all.

    Attributes:
        names: of the streams.
        widths: features of each.
        lead: which of them keeps the most of its positions.
    """

    def __init__(
        self,
        new_encoder: NewEncoder,
        views: Sequence[str],
        tasks: Sequence[str],
        stem: int,
        stages: int | None = None,
    ) -> None:
        super().__init__()
        self.names = stream_names(views, tasks)
        self.views = list(views)
        self.several = len(views) > 1
        encoders = [new_encoder(view) for view in (views if self.several else [views[0]] * len(tasks))]
        self.whole = [stages is None or stages >= len(encoder.stages) for encoder in encoders]
        for encoder in encoders:
            encoder.stages, encoder.places = encoder.stages[:stages], encoder.places[:stages]
        self.widths = [encoder.features for encoder in encoders]
        self.lead = max(range(len(encoders)), key=lambda m: rank(encoders[m], len(encoders[m].stages)))
        if not self.several:
            self.common = encoders[0].stages[stem:]
            for encoder in encoders:
                encoder.stages = encoder.stages[:stem]
        self.encoders = nn.ModuleList(encoders)

    def forward(self, views: dict[str, Tensor]) -> list[Features]:
        given = [views[view] for view in (self.views if self.several else self.views * len(self.names))]
        masks = [encoder.mask(view) for encoder, view in zip(self.encoders, given, strict=True)]  # type: ignore[operator]
        triples = zip(self.encoders, given, masks, strict=True)
        xs = [run(encoder.stages, view, mask) for encoder, view, mask in triples]  # type: ignore[arg-type]
        if not self.several and len(self.common):
            x, mask = stacked(xs, masks[0])
            xs = list(run(self.common, x, mask).chunk(len(xs)))
        return [
            encoder.wrap(x, mask) if whole else features_at(x, encoder.places[-1], mask)  # type: ignore[operator, index, arg-type]
            for encoder, x, mask, whole in zip(self.encoders, xs, masks, self.whole, strict=True)
        ]


def rank(encoder: Stages, stage: int) -> tuple[int, bool]:
    """How much of its positions an encoder keeps: at the end, then after a stage."""
    return KINDS.index(encoder.gives), encoder.places[stage - 1].axis == 1


def dropped(parts: Sequence[Tensor], share: float) -> list[Tensor]:
    """Each part left out with this probability, example by example, the others made up for it."""
    keep = 1 - share
    return [part * (torch.rand(len(part), *[1] * (part.dim() - 1), device=part.device) < keep) / keep for part in parts]
