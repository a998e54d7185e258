"""View -> features."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from torch import Tensor

from workbench.component import Component, component, members
from workbench.encoders.stages import Stages

#: kind of view -> the encoder that reads it where the chosen one cannot
FALLBACK = {"vector": "mlp", "image": "cnn", "text": "bilstm"}

#: sentences as lists of words
Sentences = Sequence[Sequence[str]]


class Codec(Protocol):
    """How texts become numbers, learned from training texts."""

    @property
    def size(self) -> int:
        """Number of different numbers (words), or of columns."""

    def encode(self, sentences: Sentences, length: int) -> Tensor:
        """Sentences as one tensor: ``int64[rows, length]``, 0 after the end, or ``float32[rows, size]``."""


@dataclass(frozen=True)
class View:
    """One named input of a problem.

    Attributes:
        name: its name in ``views``.
        kind: ``"image"`` (``[channels, height, width]``), ``"vector"`` (``[columns]``) or ``"text"`` (``[words]``).
        shape: the shape of one example.
        codec: how texts became numbers; None for other kinds.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    codec: Codec | None = None


class Encoder(Component):
    """Base of all encoders: builds a module from a view."""

    #: kinds of view it can read
    reads: ClassVar[tuple[str, ...]] = ("vector",)
    #: what it gives per example: a "vector", a "sequence" with a position per word, or a "map" with rows and columns
    gives: ClassVar[str] = "vector"

    @abstractmethod
    def build(self, view: View) -> Stages:
        """A fresh module for examples of this view."""

    def learn(self, sentences: Sentences) -> Codec:
        """For encoders that read text: how texts become numbers, learned from the training sentences."""
        raise NotImplementedError(f"{type(self).__name__} reads no text.")

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        problem, _ = spec.chosen("problem")
        kinds = component("problem", problem).gives  # type: ignore[attr-defined]
        if any(kind in cls.reads for kind in kinds):
            wanted = sorted(set(component("problem", problem).wanted(spec)) - {"vector", cls.gives})  # type: ignore[attr-defined]
            if not wanted:
                return []
            able = [name for name, other in members("encoder").items() if other.gives in wanted]  # type: ignore[attr-defined]
            return [
                f"Problem {problem!r} has tasks that need a {wanted[0]} of features, encoder {cls.name!r} gives a "
                f"{cls.gives}; take {' or '.join(able) or 'another problem'}."
            ]
        return [
            f"Encoder {cls.name!r} reads {' or '.join(cls.reads)} views, but problem {problem!r} gives "
            f"{' and '.join(kinds)} views."
        ]
