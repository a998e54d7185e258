"""Gated fusion of streams."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, register
from workbench.features import Features, aligned, leading
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.streams import Stem, Streams


class GatedSharing(Sharing):
    def __init__(self, setting: "Gated", new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.streams = Streams(new_encoder, views, tasks, setting.stem)
        widths = self.streams.widths
        width, self.count = max(widths), len(widths)
        self.candidates = nn.ModuleList(nn.Linear(n, width) for n in widths)
        numbers = self.count * (width if setting.per == "feature" else 1)
        self.gates = nn.ModuleList(nn.Linear(sum(widths), numbers) for _ in tasks)
        self.features = dict.fromkeys(self.tasks, width)

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        streams = self.streams(views)
        lead, parts = leading(streams), [part.values for part in aligned(streams)]
        both = torch.cat(parts, dim=-1)
        h = torch.stack([torch.tanh(layer(part)) for layer, part in zip(self.candidates, parts, strict=True)], dim=-2)
        return {task: lead.but((self._gate(task, both) * h).sum(-2)) for task in tasks}

    def _gate(self, task: str, both: Tensor) -> Tensor:
        """``[batch, *positions, streams, width or 1]``, sum 1 over streams."""
        gate = self.gates[self.tasks.index(task)](both)
        return torch.softmax(gate.unflatten(-1, (self.count, -1)), dim=-2)

    def own(self, task: str) -> list[nn.Parameter]:
        return list(self.gates[self.tasks.index(task)].parameters())

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        streams = self.streams(views)
        lead = leading(streams)
        both = torch.cat([part.values for part in aligned(streams)], dim=-1)
        means = [lead.but(self._gate(task, both).mean(-1)).pooled.mean(0) for task in self.tasks]
        return {"gate": Table(self.tasks, self.streams.names, torch.stack(means))}


@register("fusion", "gated", source="Arevalo et al., ICLR workshop 2017 (gated multimodal unit)")
class Gated(Fusion):
    """Gated multimodal unit: every task decides, feature by feature, which stream to read.

    ``h_m = tanh(W_m F_m)``, ``z_k = softmax_m(V_k [F_1; …; F_M])``, ``f_k = Σ_m z_km ⊙ h_m``: a gate per task (the
    paper has one task), per feature, from example to example. With two streams this is the paper's ``z ⊙ h_1 + (1 − z)
    ⊙ h_2``, z a sigmoid. A gate has (streams · features)² weights; with ``per = "stream"`` it gives one number per
    stream, with streams² · features weights.

    Where streams have positions the gate works at each position of the leading one; a stream with others takes part as
    its pooled vector. Streams are the problem's views where there are several, an encoder each; else one stem per
    task, the first ``stem`` stages of a fresh encoder, with the stages that follow in common.

    The gate of a task serves it alone. Recorded: ``gate``, the mean over features and examples, tasks × streams.

    Shapes: per task ``[batch, *positions, features]``, as many as those of the widest stream.
    """

    needs: ClassVar[str] = "streams"

    per: Annotated[Literal["feature", "stream"], Field(description="a gate's numbers: per feature, or per stream")] = (
        "feature"
    )
    stem: Stem = 1

    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        return GatedSharing(self, new_encoder, views, tasks)
