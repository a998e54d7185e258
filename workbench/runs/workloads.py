"""Workloads on which the cost of weightings is measured; noise for data, since a step costs the same on any numbers."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn

from workbench.component import Field
from workbench.encoders.base import Encoder, View
from workbench.encoders.stages import Place, Plain, Stages
from workbench.problems.base import Problem, Raw
from workbench.spec import Spec
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.training.experiment import Experiment
from workbench.training.step import step

BATCH = 256
CLASSES = 10


class Noise(Problem):
    """Random inputs and random labels."""

    shape: Annotated[list[int], Field(description="of one example")]
    tasks: Annotated[int, Field(ge=1, description="number of classifications with ten classes")]

    def load(self, seed: int) -> Raw:
        rows, kind = 2 * BATCH, "image" if len(self.shape) > 1 else "vector"
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(rows, *self.shape, generator=generator)
        labels = torch.randint(CLASSES, (self.tasks, rows), generator=generator)
        names = self.task_names()
        tasks: list[Task] = [Classification(name, [str(c) for c in range(CLASSES)]) for name in names]
        return Raw({kind: x}, {kind: kind}, dict(zip(names, labels, strict=True)), tasks)

    def task_names(self) -> list[str]:
        return [f"task{i + 1}" for i in range(self.tasks)]


class LeNet(Encoder):
    """Two convolutions of 10 and 20 channels, 5×5, each with ReLU and 2×2 max pooling, then 50 units."""

    reads: ClassVar[tuple[str, ...]] = ("image",)

    def build(self, view: View) -> Stages:
        flat = 20 * ((view.shape[1] - 12) // 4) * ((view.shape[2] - 12) // 4)
        stages = [
            Plain(nn.Conv2d(view.shape[0], 10, 5), nn.ReLU(), nn.MaxPool2d(2)),
            Plain(nn.Conv2d(10, 20, 5), nn.ReLU(), nn.MaxPool2d(2)),
            Plain(nn.Flatten(), nn.Linear(flat, 50), nn.ReLU()),
        ]
        return Stages(stages, [Place(10, 1), Place(20, 1), Place(50, -1)])


class Layers(Encoder):
    """Fully connected layers of 512, 512 and 256 units with ReLU."""

    def build(self, view: View) -> Stages:
        widths = [*view.shape, 512, 512, 256]
        stages = [Plain(nn.Linear(a, b), nn.ReLU()) for a, b in pairwise(widths)]
        return Stages(stages, [Place(width, -1) for width in widths[1:]])


@dataclass(frozen=True)
class Workload:
    """What is trained.

    Attributes:
        title: in words.
        problem, encoder: no registered components, so that no picker shows them.
    """

    title: str
    problem: Problem
    encoder: Encoder


WORKLOADS = {
    "w1": Workload("2 tasks, LeNet on 1×36×36", Noise(shape=[1, 36, 36], tasks=2), LeNet()),
    "w2": Workload("8 tasks, MLP 128-512-512-256", Noise(shape=[128], tasks=8), Layers()),
}


class WorkloadSpec(Spec):
    """The spec of the workload that ``name`` names; its problem and encoder take the place of those of the fields."""

    def build(self, family: str) -> Any:
        own = {"problem": WORKLOADS[self.name].problem, "encoder": WORKLOADS[self.name].encoder}
        return own.get(family) or super().build(family)


class Bench:
    """A workload under one weighting, ready to take steps on one batch of 256, heads linear, with Adam.

    Args:
        name: of the workload.
        weighting: its name.
        gradients: how task gradients are taken.
        device: as in a spec.

    Attributes:
        exp: the experiment, as a run has it.
        rows: the row numbers of the batch, on the device.
    """

    def __init__(self, name: str, weighting: str, gradients: str = "exact", device: str = "cpu") -> None:
        spec = WorkloadSpec(
            name=name, weighting=weighting, gradients=gradients, device=device, batch_size=BATCH, lr=1e-4, affinity=None
        )
        self.exp = Experiment(spec)
        self.rows: Tensor = self.exp.batches(0)[0][1]
        self.active = list(range(len(self.exp.names)))
        self.number = 0

    def step(self) -> None:
        """The step that training takes, without the records around it."""
        self.number += 1
        step(self.exp, self.rows, self.active, self.number, False)
