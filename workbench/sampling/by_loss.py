"""Data sets by how little their losses have fallen."""

import math
from collections.abc import Callable
from typing import Annotated, Any

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.sampling.base import Pool
from workbench.sampling.by_source import ByShare


@register("sampling", "by_loss", source="loss ratios as in Liu, Liang & Gitter, AAAI 2019 (LBTW)", tags=("core",))
class ByLoss(ByShare):
    """Data sets by how little their losses have fallen: what is learned slowly gets more batches.

    ``p_k = u / K + (1 - u) r_k / Σ_j r_j``; r_k is the mean over the tasks labelled in data set k of ``L_i / L_i(1)``,
    the task's mean training loss in the last epoch over that in its first one. Ratios, so that units do not matter. In
    the first epoch all data sets get as many batches.
    """

    uniform: Annotated[
        float, Field(ge=0, le=1, description="share u of the batches that is dealt out alike"), Slider(0.0, 1.0)
    ] = 0.2

    def setup(self) -> None:
        self.first: dict[str, float] = {}
        self.last: dict[str, float] = {}

    def shares(self, pool: Pool, counts: Tensor) -> Tensor:
        assert pool.sources is not None
        ratios = torch.ones_like(counts)
        for source in counts.nonzero().flatten().tolist():
            mine = pool.sources == source
            found = [
                self.last[task] / self.first[task]
                for task, there in pool.labelled.items()
                if self.first.get(task) and bool(there[mine].any())
            ]
            ratios[source] = sum(found) / len(found) if found else 1.0
        there = (counts > 0).double()
        ratios = ratios * there
        even = there / there.sum()
        return even if not bool(ratios.sum() > 0) else self.uniform * even + (1 - self.uniform) * ratios / ratios.sum()

    def end_epoch(self, pool: Pool, losses: dict[str, float], each: Callable[[], Tensor]) -> None:
        known = {task: loss for task, loss in losses.items() if math.isfinite(loss)}
        self.first = {**known, **self.first}
        self.last = {**self.last, **known}

    def state_dict(self) -> dict[str, Any]:
        return {"first": self.first, "last": self.last}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.first, self.last = dict(state["first"]), dict(state["last"])
