"""Early fusion: low-level features side by side, one trunk for all."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, register
from workbench.features import Features, at_positions_of
from workbench.fusions.base import Fusion, NewEncoder, Sharing
from workbench.fusions.places import Mask, features_at, run
from workbench.fusions.streams import dropped, rank, stream_names


class EarlySharing(Sharing):
    def __init__(self, setting: "Early", new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.dropout = setting.dropout
        self.sources = list(views) if len(views) > 1 else [views[0]] * len(stream_names(views, tasks))
        stems = [new_encoder(view) for view in self.sources]
        self.places = [stem.places[min(setting.stem, len(stem.stages)) - 1] for stem in stems]
        self.lead = max(range(len(stems)), key=lambda m: rank(stems[m], min(setting.stem, len(stems[m].stages))))
        width = self.places[self.lead].channels
        self.trunk = stems[self.lead].stages[setting.stem :]
        for stem in stems:
            stem.stages = stem.stages[: setting.stem]
        self.stems = nn.ModuleList(stems)
        self.joint = joint_layer([place.channels for place in self.places], width)
        self.features = dict.fromkeys(tasks, stems[self.lead].features)

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        low, masks = self._low(views)
        parts = [at_positions_of(low[self.lead], part) for part in low]
        if self.training and self.dropout and len(parts) > 1:
            parts = dropped(parts, self.dropout)
        x = self.joint(torch.cat(parts, dim=-1)).movedim(-1, self.places[self.lead].axis)
        mask = masks[self.lead]
        features = self.stems[self.lead].wrap(run(self.trunk, x, mask), mask)  # type: ignore[operator]
        return dict.fromkeys(tasks, features)

    def _low(self, views: dict[str, Tensor]) -> tuple[list[Features], list[Mask]]:
        """The low-level features of every stream, and the masks of their views."""
        masks = [stem.mask(views[source]) for stem, source in zip(self.stems, self.sources, strict=True)]  # type: ignore[operator]
        streams = zip(self.stems, self.sources, self.places, masks, strict=True)
        return [
            features_at(run(stem.stages, views[source], mask), place, mask)  # type: ignore[arg-type]
            for stem, source, place, mask in streams
        ], masks


def joint_layer(channels: Sequence[int], width: int) -> nn.Sequential:
    """``relu(W [F_1; …; F_M] + b)``; a stream's part in W starts by its own width, so that none drowns the others."""
    linear = nn.Linear(sum(channels), width)
    for part in linear.weight.split(list(channels), dim=1):
        nn.init.normal_(part, std=(2 / (part.shape[1] * len(channels))) ** 0.5)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(linear, nn.ReLU())


@register("fusion", "early", source="Atrey et al., Multimedia Systems 2010 (the term)", tags=("core",))
class Early(Fusion):
    """Early fusion: the streams' low-level features side by side, one joint trunk, a head per task.

    ``F_m = stem_m(x_m)``, ``ŷ_k = h_k(trunk(relu(W [F_1; …; F_M] + b)))``. Streams are the problem's views where there
    are several; else every task brings a stem, and all tasks read all stems. A stem is the first ``stem`` stages of a
    fresh encoder, the trunk the stages that follow in the encoder of the leading stream: the one that keeps the most
    of its positions to the end (a map before a sequence before a vector), the first of these. The others join it at its
    positions, where theirs differ as the pooled vector at every one; W brings the features, position by position, to
    the width that the trunk reads; at the start every stream has the same say in it, however wide it is. Without a
    stage left the trunk is that layer alone.

    ``dropout`` leaves a stream out of an example with this probability, so that none is relied upon alone. All tasks
    read the same features.

    Shapes: per task ``[batch, *positions, features]``, those of the leading stream's encoder.
    """

    needs: ClassVar[str] = "streams"
    one_representation: ClassVar[bool] = True

    stem: Annotated[int, Field(ge=1, description="stages of each stream before they meet"), Slider(1, 4)] = 1
    dropout: Annotated[
        float, Field(ge=0, lt=1, description="share of streams left out in training"), Slider(0, 0.5)
    ] = 0.0

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return EarlySharing(self, new_encoder, views, tasks)
