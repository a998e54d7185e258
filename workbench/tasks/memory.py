"""What was read, ready to be asked while a text is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.tasks import mixing

if TYPE_CHECKING:
    from workbench.tasks.decoder import Decoder

#: what a decoder carries from word to word: its hidden state, and the LSTM's cell; several decoders, one each
State = tuple[Any, ...]


@dataclass(eq=False)
class Memory:
    """What was read, ready to be asked; the output of the head of a task that writes.

    Attributes:
        values: features of the words read, ``[batch, source, features]``.
        keys: the same as the attention compares them, ``[batch, source, units]``.
        mask: ``bool[batch, source]``, True for the words.
        decoder: who asks.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor
    decoder: "Decoder"

    def __getitem__(self, rows: "slice | Tensor") -> "Memory":
        return Memory(self.values[rows], self.keys[rows], self.mask[rows], self.decoder)

    def start(self) -> State:
        """The state before the first word."""
        return self.decoder.start(self)

    def step(self, state: State, before: Tensor) -> tuple[State, Tensor, Tensor]:
        """One word further: the new state, ``log p`` of every word ``[batch, words]``, the attention."""
        state, made, weights = self.decoder.step(self, state, before)
        return state, self.decoder.out(made).float().log_softmax(dim=-1), weights

    def teach(self, target: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and attention of every word when each is told the right word before it, as ``Decoder.teach``."""
        return self.decoder.teach(self, target)

    @staticmethod
    def mix(parts: "Sequence[Memory]", weights: Tensor) -> "Team":
        """Several predictions of the same texts as one: at every word the mean of the probabilities of the next."""
        return Team(list(parts), weights)

    @staticmethod
    def join(parts: "Sequence[Memory]") -> "Memory":
        """Several batches as one."""
        longest = max(part.mask.shape[1] for part in parts)
        more = [longest - part.mask.shape[1] for part in parts]
        return Memory(
            torch.cat([F.pad(part.values, (0, 0, 0, n)) for part, n in zip(parts, more, strict=True)]),
            torch.cat([F.pad(part.keys, (0, 0, 0, n)) for part, n in zip(parts, more, strict=True)]),
            torch.cat([F.pad(part.mask, (0, n)) for part, n in zip(parts, more, strict=True)]),
            parts[0].decoder,
        )


@dataclass(eq=False)
class Team:
    """Several decoders that write one text together, each from its own memory; used as one ``Memory``.

    Attributes:
        parts: memories of the same texts.
        shares: weights of their decoders, ``[parts]``, with sum 1.
    """

    parts: list[Memory]
    shares: Tensor

    @property
    def mask(self) -> Tensor:
        """``bool[batch, source]``, True for the words."""
        return self.parts[0].mask

    def __getitem__(self, rows: "slice | Tensor") -> "Team":
        return Team([part[rows] for part in self.parts], self.shares)

    def start(self) -> State:
        """The states before the first word."""
        return tuple(part.start() for part in self.parts)

    def step(self, state: State, before: Tensor) -> tuple[State, Tensor, Tensor]:
        """One word further, as ``Memory.step``."""
        found = [part.step(each, before) for part, each in zip(self.parts, state, strict=True)]
        states, chances, maps = zip(*found, strict=True)
        return states, mixing.of_classes(chances, self.shares), mixing.weighted(maps, self.shares)

    def teach(self, target: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and attention of every word, as ``Memory.teach``."""
        scores, maps = zip(*(part.teach(target) for part in self.parts), strict=True)
        return mixing.of_classes(scores, self.shares), mixing.weighted(maps, self.shares)

    @staticmethod
    def join(parts: "Sequence[Team]") -> "Team":
        """Several batches as one."""
        return Team([Memory.join(each) for each in zip(*(part.parts for part in parts), strict=True)], parts[0].shares)
