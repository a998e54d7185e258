"""Fusions that work on the stages of one encoder, put together for problems with several views."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from workbench.features import Features, side_by_side
from workbench.fusions.base import Sharing, Table


class ViewPart(nn.Module):
    """What a fusion makes of one view. Tasks are positions among all.

    Attributes:
        width: features each task gets.
        cost: what the last forward pass in training adds to the loss, with its graph; None: nothing.
    """

    width: int
    cost: Tensor | None = None

    def forward(self, view: Tensor, tasks: Sequence[int]) -> dict[int, Features]:
        """Features of the asked tasks."""
        raise NotImplementedError

    def own(self, task: int) -> list[nn.Parameter]:
        """The parameters that serve this task alone."""
        return []

    def advance(self) -> None:
        """Told after every update."""

    def inspect(self, view: Tensor, tasks: Sequence[str]) -> dict[str, Table]:
        """What it shows of itself; ``tasks`` are the names of all."""
        return {}


class PerView(Sharing):
    """The same fusion for every view, the features of the views side by side.

    Args:
        make: makes the part of the named view.
        views: names of the views.
        tasks: names of the tasks.
    """

    def __init__(self, make: Callable[[str], ViewPart], views: Sequence[str], tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks, self.views = tuple(tasks), list(views)
        self.views_parts = nn.ModuleList(make(view) for view in views)
        self.features: Mapping[str, int] = dict.fromkeys(self.tasks, sum(part.width for part in self._all()))

    def _all(self) -> list[ViewPart]:
        return list(self.views_parts)  # type: ignore[arg-type]

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        asked = [self.tasks.index(task) for task in tasks]
        found = [part(views[view], asked) for view, part in zip(self.views, self._all(), strict=True)]
        return {self.tasks[k]: side_by_side([each[k] for each in found]) for k in asked}

    def own(self, task: str) -> list[nn.Parameter]:
        return [p for part in self._all() for p in part.own(self.tasks.index(task))]

    def penalty(self) -> Tensor | None:
        costs = [part.cost for part in self._all() if part.cost is not None]
        for part in self._all():
            part.cost = None
        return torch.stack(costs).sum() if costs else None

    def advance(self) -> None:
        for part in self._all():
            part.advance()

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        found = {}
        for view, part in zip(self.views, self._all(), strict=True):
            for name, table in part.inspect(views[view], self.tasks).items():
                found[name if len(self.views) == 1 else f"{view}: {name}"] = table
        return found
