"""Encoders, fusion and heads put together: ``model(views) -> {task: output}``."""

from collections.abc import Collection, Sequence
from typing import Any

from torch import Tensor, nn

from workbench.component import component
from workbench.encoders.base import FALLBACK, Encoder, View
from workbench.encoders.stages import Stages
from workbench.features import Features
from workbench.fusions.base import Fusion, Sharing
from workbench.tasks.base import Task


class Model(nn.Module):
    """A multi-task model.

    Args:
        sharing: views -> features of each task.
        heads: features -> output of each task, in the order of the tasks.
        placed: tasks whose heads read ``Features`` with their positions; all others read one vector per example.
    """

    def __init__(self, sharing: Sharing, heads: dict[str, nn.Module], placed: Collection[str] = ()) -> None:
        super().__init__()
        self.sharing = sharing
        self.placed = frozenset(placed)
        self.tasks = tuple(heads)
        self.heads = nn.ModuleList(heads.values())  # a list: task names may hold dots
        self.position = {task: i for i, task in enumerate(self.tasks)}

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str] | None = None) -> dict[str, Any]:
        """Outputs of the asked tasks (all by default).

        Args:
            views: name -> ``[batch, ...]``.
            tasks: names of tasks.
        """
        return self.outputs(self.sharing(views, tasks or self.tasks))

    def outputs(self, features: dict[str, Features]) -> dict[str, Any]:
        """Features of some tasks -> outputs of these tasks."""
        return {
            task: self.heads[self.position[task]](x if task in self.placed else x.pooled)
            for task, x in features.items()
        }

    def task_parameters(self, task: str) -> list[nn.Parameter]:
        """The parameters that serve one task alone: its head, and what the fusion keeps for it."""
        return [*self.sharing.own(task), *self.heads[self.position[task]].parameters()]

    def shared_parameters(self) -> list[nn.Parameter]:
        """The parameters that several tasks move."""
        own = {id(p) for task in self.tasks for p in self.task_parameters(task)}
        return [p for p in self.parameters() if id(p) not in own]


def build_model(encoder: Encoder, fusion: Fusion, views: Sequence[View], tasks: Sequence[Task]) -> Model:
    """A freshly initialised model (initial weights follow torch's global generator).

    A view that the encoder cannot read goes to the usual encoder of its kind, with its default settings.
    """
    known = {view.name: view for view in views}

    def new_encoder(name: str) -> Stages:
        return encoder_for(known[name].kind, encoder).build(known[name])

    sharing = fusion.build(new_encoder, list(known), [task.name for task in tasks])
    heads = {task.name: task.head(sharing.features[task.name]) for task in tasks}
    return Model(sharing, heads, [task.name for task in tasks if task.reads != "vector"])


def encoder_for(kind: str, chosen: Encoder) -> Encoder:
    """The chosen encoder, or the usual one for a kind of view that the chosen one cannot read."""
    return chosen if kind in chosen.reads else component("encoder", FALLBACK[kind])()  # type: ignore[return-value]
