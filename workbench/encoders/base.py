"""View -> features."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from workbench.component import Component, component


@dataclass(frozen=True)
class View:
    """One named input of a problem.

    Attributes:
        name: its name in ``views``.
        kind: ``"image"`` (``[channels, height, width]``) or ``"vector"`` (``[columns]``).
        shape: the shape of one example.
    """

    name: str
    kind: str
    shape: tuple[int, ...]


class Encoder(Component):
    """Base of all encoders: builds a module from the shape of a view."""

    #: kinds of view it can read
    reads: ClassVar[tuple[str, ...]] = ("vector",)

    @abstractmethod
    def build(self, shape: tuple[int, ...]) -> tuple[nn.Module, int]:
        """A fresh module for examples of this shape, and the number of features it gives.

        Args:
            shape: of one example: ``(columns,)`` or ``(channels, height, width)``.

        Returns:
            ``module: [batch, *shape] -> [batch, features]`` and ``features``.
        """

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        problem, _ = spec.chosen("problem")
        return [
            f"Encoder {cls.name!r} reads {' or '.join(cls.reads)} views, but problem {problem!r} gives {kind} views."
            for kind in component("problem", problem).gives  # type: ignore[attr-defined]
            if kind not in cls.reads
        ]
