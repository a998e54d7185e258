"""How tasks share: encoded views -> what each head reads."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from workbench.component import Component
from workbench.encoders.stages import Stages

#: makes a fresh encoder for a view: ``new_encoder("image") -> Stages``
NewEncoder = Callable[[str], Stages]

#: what a fusion needs -> the heading of those that need it
HEADINGS = {
    "": "",
    "stages": "between the stages of the encoder",
    "streams": "over streams: the views, or a stem per task",
}


@dataclass(frozen=True)
class Table:
    """A small matrix that a fusion shows: gate values, mixing coefficients, attention.

    Attributes:
        rows: their names; tasks where possible.
        columns: their names.
        values: ``[rows, columns]``, NaN where there is nothing to show.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Tensor


class Sharing(nn.Module):
    """What a fusion builds: ``sharing(views, tasks) -> {task: features}``.

    A fusion that predicts a task several times gives it a list of ``Features`` instead; each gets a head of its own,
    and the task makes the predictions one, ``Task.mix``, with the weights of ``shares``.

    Attributes:
        features: task name -> number of features its head reads, or a list of them.
        parts: names of a task's predictions, where there are several.
    """

    features: Mapping[str, int | list[int]]
    parts: tuple[str, ...] = ()
    #: where a task is predicted several times: in training each prediction has a loss of its own, and the task's loss
    #: is their mean; otherwise the loss is that of the predictions made one
    apart: ClassVar[bool] = False

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Any]:
        """Features for the asked tasks, ``features[task]`` wide; tasks may get one and the same object."""
        raise NotImplementedError

    def own(self, task: str) -> list[nn.Parameter]:
        """The parameters that serve this task alone; all others are shared."""
        return []

    def shares(self, task: str) -> Tensor:
        """The weights of a task's several predictions, ``[parts]``, at least 0, with sum 1."""
        raise NotImplementedError(f"{type(self).__name__} predicts a task once.")

    def resample(self, rows: Tensor) -> Tensor | None:
        """How much each example counts for each of several predictions, ``[parts, batch]``; None: all alike.

        Args:
            rows: row numbers of the examples.
        """
        return None

    def penalty(self) -> Tensor | None:
        """What the last forward pass in training adds to the loss, outside the weights of the tasks; asked for once.

        A scalar with its graph, about the tasks asked for in that pass; None: nothing.
        """
        return None

    def advance(self) -> None:
        """Told after every update, for what changes with their number; it is kept in buffers, so that a resumed run
        goes on where it stopped."""

    def inspect(self, views: dict[str, Tensor]) -> dict[str, Table]:
        """What it shows of itself, by name, for these examples; called in evaluation mode."""
        return {}


def noted_costs(modules: Iterable[nn.Module]) -> Tensor | None:
    """The sum of what modules noted as their ``cost`` in a forward pass (None: nothing), which they then forget."""
    found = []
    for module in modules:
        if module.cost is not None:
            found.append(module.cost)
            module.cost = None  # type: ignore[assignment]
    return sum(found) if found else None  # type: ignore[arg-type, return-value]


class Fusion(Component):
    """Base of all fusions: builds the part of the model between the views and the heads.

    ``needs`` says on what it works: the whole encoder (empty), its "stages", or "streams".
    """

    needs: ClassVar[str] = ""
    #: all heads read one and the same features
    one_representation: ClassVar[bool] = False
    #: what is read at a position may depend on all others
    looks_around: ClassVar[bool] = False

    @abstractmethod
    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        """A fresh module.

        Args:
            new_encoder: makes an encoder for the named view, newly initialised at each call.
            views: names of the problem's views.
            tasks: names of the tasks.
        """

    @classmethod
    def heading(cls) -> str:
        return HEADINGS[cls.needs]
