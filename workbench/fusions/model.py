"""Encoders, fusion and heads put together: ``model(views) -> {task: output}``."""

from collections.abc import Sequence

from torch import Tensor, nn

from workbench.encoders.base import Encoder, View
from workbench.fusions.base import Fusion, Sharing
from workbench.tasks.base import Task


class Model(nn.Module):
    """A multi-task model.

    Args:
        sharing: views -> features of each task.
        heads: features -> output of each task, in the order of the tasks.
    """

    def __init__(self, sharing: Sharing, heads: dict[str, nn.Module]) -> None:
        super().__init__()
        self.sharing = sharing
        self.tasks = tuple(heads)
        self.heads = nn.ModuleList(heads.values())  # a list: task names may hold dots
        self.position = {task: i for i, task in enumerate(self.tasks)}

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str] | None = None) -> dict[str, Tensor]:
        """Outputs of the asked tasks (all by default).

        Args:
            views: name -> ``[batch, ...]``.
            tasks: names of tasks.
        """
        return self.outputs(self.sharing(views, tasks or self.tasks))

    def outputs(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        """Features of some tasks -> outputs of these tasks."""
        return {task: self.heads[self.position[task]](x) for task, x in features.items()}

    def task_parameters(self, task: str) -> list[nn.Parameter]:
        """The parameters that serve one task alone: its head, and what the fusion keeps for it."""
        return [*self.sharing.own(task), *self.heads[self.position[task]].parameters()]

    def shared_parameters(self) -> list[nn.Parameter]:
        """The parameters that several tasks move."""
        own = {id(p) for task in self.tasks for p in self.task_parameters(task)}
        return [p for p in self.parameters() if id(p) not in own]


def build_model(encoder: Encoder, fusion: Fusion, views: Sequence[View], tasks: Sequence[Task]) -> Model:
    """A freshly initialised model (initial weights follow torch's global generator)."""
    shapes = {view.name: view.shape for view in views}
    names = [task.name for task in tasks]
    sharing = fusion.build(lambda view: encoder.build(shapes[view]), list(shapes), names)
    return Model(sharing, {task.name: task.head(sharing.features[task.name]) for task in tasks})
