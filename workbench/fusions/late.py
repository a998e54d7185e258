"""Late fusion: every stream predicts every task; the predictions are weighed."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from workbench.component import register
from workbench.features import Features, aligned
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.streams import stream_names


class LateSharing(Sharing):
    def __init__(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks, self.parts = tuple(tasks), stream_names(views, tasks)
        self.sources = list(views) if len(views) > 1 else [views[0]] * len(self.parts)
        self.trunks = nn.ModuleList(new_encoder(view) for view in self.sources)
        self.logits = nn.ParameterList(torch.zeros(len(self.parts)) for _ in tasks)
        widths = [trunk.features for trunk in self.trunks]
        self.features = {task: widths for task in tasks}  # type: ignore[misc]

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, list[Features]]:
        streams = aligned([trunk(views[view]) for view, trunk in zip(self.sources, self.trunks, strict=True)])
        return dict.fromkeys(tasks, streams)

    def shares(self, task: str) -> Tensor:
        return torch.softmax(self.logits[self.tasks.index(task)], dim=0)

    def own(self, task: str) -> list[nn.Parameter]:
        return [self.logits[self.tasks.index(task)]]

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        return {"weight": Table(self.tasks, self.parts, torch.stack([self.shares(task) for task in self.tasks]))}


@register("fusion", "late", source="Kittler et al., TPAMI 1998 (weighted sum of predictions)", tags=("core",))
class Late(Fusion):
    """Late fusion: every stream has a trunk and a prediction of each task; learned weights average the predictions.

    ``p_k(y | x) = Σ_m w_km p_km(y | x_m)`` with ``w_k = softmax(a_k)``, a_k learned and 0 at the start: convex weights,
    for each task its own. Probabilities are averaged where a task predicts some (as log-probabilities, so that the
    loss is that of the mixture), values otherwise; ``Task.mix`` has the rule of each kind of task. Streams are the
    problem's views where there are several; else one per task, each a whole encoder of the view, and every stream
    predicts every task. There is a head for each stream and task. A task that is predicted at positions (words, pixels)
    gets them from every stream: where a stream has none, or others than the leading one, its pooled vector stands at
    each.

    A trunk serves all tasks; heads and weights serve one. Recorded: ``weight``, tasks × streams, and how far the
    streams' predictions lie from their mean.

    Shapes: per task and stream ``[batch, *positions, features]``, those of the stream's encoder.
    """

    needs: ClassVar[str] = "streams"

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return LateSharing(new_encoder, views, tasks)
