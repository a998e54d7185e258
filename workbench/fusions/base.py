"""How tasks share: encoded views -> what each head reads."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from torch import Tensor, nn

from workbench.component import Component
from workbench.encoders.stages import Stages
from workbench.features import Features

#: makes a fresh encoder for a view: ``new_encoder("image") -> Stages``
NewEncoder = Callable[[str], Stages]


class Sharing(nn.Module):
    """What a fusion builds: ``sharing(views, tasks) -> {task: features}``.

    Attributes:
        features: task name -> number of features its head reads.
    """

    features: dict[str, int]

    def forward(self, views: dict[str, Tensor], tasks: Sequence[str]) -> dict[str, Features]:
        """Features for the asked tasks, ``features[task]`` wide; tasks may get one and the same object."""
        raise NotImplementedError

    def own(self, task: str) -> list[nn.Parameter]:
        """The parameters that serve this task alone; all others are shared."""
        return []


class Fusion(Component):
    """Base of all fusions: builds the part of the model between the views and the heads."""

    #: all heads read one and the same features
    one_representation: ClassVar[bool] = False

    @abstractmethod
    def build(self, new_encoder: NewEncoder, views: Sequence[str], tasks: Sequence[str]) -> Sharing:
        """A fresh module.

        Args:
            new_encoder: makes an encoder for the named view, newly initialised at each call.
            views: names of the problem's views.
            tasks: names of the tasks.
        """
