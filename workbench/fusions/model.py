"""Encoders, fusion and heads put together: ``model(views) -> {task: output}``."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError, component
from workbench.encoders.base import FALLBACK, Encoder, View
from workbench.encoders.stages import Stages
from workbench.features import Features
from workbench.fusions.base import Fusion, Sharing, Table
from workbench.fusions.several import Several
from workbench.tasks.base import Task


class Model(nn.Module):
    """A multi-task model.

    Args:
        sharing: views -> features of each task.
        tasks: whose heads are made here, for the features that the sharing gives.
    """

    def __init__(self, sharing: Sharing, tasks: Sequence[Task]) -> None:
        super().__init__()
        self.sharing = sharing
        self.known = {task.name: task for task in tasks}
        self.tasks = tuple(self.known)
        self.heads = nn.ModuleList(heads(task, sharing.features[task.name]) for task in tasks)  # names may hold dots
        self.position = {task: i for i, task in enumerate(self.tasks)}

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str] | None = None) -> dict[str, Any]:
        """Outputs of the asked tasks (all by default).

        Args:
            views: name -> ``[batch, ...]``.
            tasks: names of tasks.
        """
        return self.outputs(self.sharing(views, tasks or self.tasks))

    def outputs(self, features: dict[str, Any]) -> dict[str, Any]:
        """Features of some tasks -> outputs of these tasks.

        A task that is predicted several times gets the predictions made one; or ``Several`` while it trains, where
        each is trained apart.
        """
        found = {}
        for task, x in features.items():
            parts = self._predictions(task, x)
            if isinstance(x, Features):
                found[task] = parts[0]
            elif self.training and self.sharing.apart:
                found[task] = Several(parts, self.sharing.resample)
            else:
                found[task] = self.known[task].mix(parts, self.sharing.shares(task))
        return found

    def _predictions(self, task: str, features: Features | list[Features]) -> list[Any]:
        """What each head of a task makes of its features; most tasks have one."""
        head, placed = self.heads[self.position[task]], self.known[task].reads != "vector"
        if isinstance(features, Features):
            return [head(features if placed else features.pooled)]
        pairs = zip(head, features, strict=True)  # type: ignore[call-overload]
        return [one(x if placed else x.pooled) for one, x in pairs]

    def task_parameters(self, task: str) -> list[nn.Parameter]:
        """The parameters that serve one task alone: its head, and what the fusion keeps for it."""
        return [*self.sharing.own(task), *self.heads[self.position[task]].parameters()]

    def shared_parameters(self) -> list[nn.Parameter]:
        """The parameters that several tasks move."""
        own = {id(p) for task in self.tasks for p in self.task_parameters(task)}
        return [p for p in self.parameters() if id(p) not in own]

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        """What the sharing shows of itself for these examples; and how far several predictions of a task differ.

        Called in evaluation mode, without gradients.
        """
        found = self.sharing.inspect(views)
        if self.sharing.parts:
            features = self.sharing(views, self.tasks)
            spreads = [self.known[task].spread(self._predictions(task, features[task])) for task in self.tasks]
            found["spread of predictions"] = Table(self.tasks, self.sharing.parts, torch.stack(spreads))
        return found


def heads(task: Task, features: int | list[int]) -> nn.Module:
    """A head for a task, or a list of them where it gets several features."""
    return task.head(features) if isinstance(features, int) else nn.ModuleList(task.head(n) for n in features)


def build_model(encoder: Encoder, fusion: Fusion, views: Sequence[View], tasks: Sequence[Task]) -> Model:
    """A freshly initialised model (initial weights follow torch's global generator).

    A view that the encoder cannot read goes to the usual encoder of its kind, with its default settings.

    Raises:
        WorkbenchError: settings that do not fit the views, or a fusion that shows a task what it is to tell.
    """
    if fusion.looks_around:
        faults = [
            f"Task {task.name!r} is told from what comes before, but fusion {fusion.name!r} lets every position read "
            "the whole; take shared, or another that works position by position."
            for task in tasks
            if task.causal
        ]
        if faults:
            raise WorkbenchError(*faults)
    known = {view.name: view for view in views}

    def new_encoder(name: str) -> Stages:
        reader = encoder_for(known[name].kind, encoder)
        stages = reader.build(known[name])
        stages.view, stages.gives = known[name], reader.gives
        return stages

    return Model(fusion.build(new_encoder, list(known), [task.name for task in tasks]), tasks)


def encoder_for(kind: str, chosen: Encoder) -> Encoder:
    """The chosen encoder, or the usual one for a kind of view that the chosen one cannot read."""
    return chosen if kind in chosen.reads else component("encoder", FALLBACK[kind])()  # type: ignore[return-value]
