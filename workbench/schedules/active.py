"""Tasks by how far they are from a model of their own."""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, one_of, register
from workbench.schedules.base import Roster
from workbench.schedules.drawn import Drawn


@register(
    "schedule", "active", source="after Sharma et al. 2017, arXiv 1702.06053 (A5C; formula from memory)", tags=("core",)
)
class Active(Drawn):
    """Tasks drawn by how far they are from what a network of their own reaches.

    ``p_k ∝ exp(m_k / T)`` with ``m_k = (target_k − score_k) / |target_k|``, the sign turned where lower is better (and
    undivided where a target is 0): the share of its target that task k still lacks in the validation score. Scores are
    those of the last validation, so probabilities change once an epoch. A task beyond its target has ``m_k < 0`` and
    is drawn less than one that has just reached it.

    Sharma et al. played Atari games, with running means of rewards as scores. Targets are scores on validation, never
    on test: ``{t: s["val"] for t, s in wb.baseline(spec).summary["tasks"].items()}``.
    """

    memory: ClassVar[tuple[str, ...]] = ("gaps",)

    targets: Annotated[
        dict[str, float],
        Field(description="task name -> validation score that a network of its own reaches"),
    ] = {}  # noqa: RUF012 (pydantic copies it)
    temperature: Annotated[float, Field(gt=0, description="T: small, the farthest task alone"), Slider(0.01, 1.0)] = 0.1

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        faults = [
            f"Schedule 'active': targets names no task {name!r}: {one_of(name, roster.names)}."
            for name in self.targets
            if name not in roster.names
        ]
        missing = [name for name in roster.names if name not in self.targets]
        if missing:
            faults.append(
                f"Schedule 'active' has no target for {', '.join(map(repr, missing))}; pass targets="
                '{t: s["val"] for t, s in wb.baseline(spec).summary["tasks"].items()}.'
            )
        if faults:
            raise WorkbenchError(*faults)
        self.gaps = [0.0] * len(roster.names)

    def end_epoch(self, scores: Mapping[str, Mapping[str, float]]) -> None:
        gaps = []
        for name, higher, known in zip(self.roster.names, self.roster.higher_is_better, self.gaps, strict=True):
            target, score = self.targets[name], scores[name]["score"]
            gap = (target - score if higher else score - target) / (abs(target) or 1.0)
            gaps.append(gap if math.isfinite(gap) else known)
        self.gaps = gaps

    def probabilities(self, step: int) -> Tensor:
        return (torch.tensor(self.gaps, dtype=torch.float64) / self.temperature).softmax(0)
