"""The next word of a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.features import Features
from workbench.tasks import metrics, mixing
from workbench.tasks.base import Task
from workbench.tasks.tokens import END, UNKNOWN, Tokens, in_rows


@dataclass(eq=False)
class Heard:
    """What the head of a language model gives: features of words and what turns them into scores, not yet multiplied.

    Attributes:
        hidden: ``[batch, length, features]``; several where several predictions are one.
        linears: as many: features -> scores of the next word.
        mask: ``bool[batch, length]``, True for the words.
        shares: weights of several predictions.
    """

    hidden: list[Tensor]
    linears: list[nn.Linear]
    mask: Tensor
    shares: Tensor | None = None

    def scores(self, rows: slice) -> Tensor:
        """Logits of the next word for some rows, ``[rows, length, words]``."""
        found = [linear(x[rows]).float() for x, linear in zip(self.hidden, self.linears, strict=True)]
        return found[0] if self.shares is None else mixing.of_classes(found, self.shares)

    @staticmethod
    def join(parts: "Sequence[Heard]") -> "Heard":
        """Several batches as one."""
        first = parts[0]
        longest = max(part.mask.shape[1] for part in parts)
        more = [longest - part.mask.shape[1] for part in parts]
        hidden = [
            torch.cat([F.pad(part.hidden[i], (0, 0, 0, n)) for part, n in zip(parts, more, strict=True)])
            for i in range(len(first.hidden))
        ]
        mask = torch.cat([F.pad(part.mask, (0, n)) for part, n in zip(parts, more, strict=True)])
        return Heard(hidden, first.linears, mask, first.shares)

    @staticmethod
    def mix(parts: "Sequence[Heard]", weights: Tensor) -> "Heard":
        """Several predictions of the same texts as one: the mean of the probabilities of each next word."""
        return Heard([part.hidden[0] for part in parts], [part.linears[0] for part in parts], parts[0].mask, weights)


class Speaker(nn.Module):
    """Features of words -> what scores of the next word are made of."""

    def __init__(self, features: int, words: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, words)

    def forward(self, features: Features) -> Heard:
        mask = features.mask
        if mask is None:
            mask = torch.ones(features.values.shape[:2], dtype=torch.bool, device=features.values.device)
        return Heard([features.values], [self.linear], mask)


class LanguageModelling(Task):
    """The next word of the text that is read: cross entropy in nats per word.

    After word t the model tells word t + 1, and after the last one that the text is over; the first word is not told.
    Metrics: ``accuracy``, the share of next words told right (the primary one, as it lies between 0 and 1 as those of
    other tasks do); ``perplexity``, ``exp`` of the mean cross entropy, less is better. Rare words are one word,
    unknown, whose telling is never right; perplexities compare between models with the same known words only.

    **It means something only where an encoder reads from the left**: one that has seen the whole text just copies the
    next word. Problems with this task refuse other encoders, and fusions that let every word read the whole text.

    Shapes: the text itself, places in the list of words, ``int64[rows, words]``, -100 after the end; the output is a
    ``Heard`` with features ``[batch, words, features]``.

    Args:
        name: the task's name.
        words: all words of the texts; which of them the model knows is learned from the training split.
        min_count: words that are rarer in training are unknown.
        most_words: at most so many words are known.
    """

    kind = "language_modelling"
    reads: ClassVar[str] = "sequence"
    along_words: ClassVar[bool] = True
    causal: ClassVar[bool] = True
    metric = "accuracy"
    lower_is_better: ClassVar[frozenset[str]] = Task.lower_is_better | {"perplexity"}

    def __init__(self, name: str, words: Sequence[str], min_count: int = 1, most_words: int = 10_000) -> None:
        super().__init__(name)
        self.tokens = Tokens(words, min_count, most_words)

    def fit(self, target: Tensor) -> None:
        """Learn the known words from the training texts.

        Raises:
            WorkbenchError: all of them are missing.
        """
        self.tokens.fit(target, self.name)

    def encode(self, target: Tensor) -> Tensor:
        """The text -> what comes next after each of its words, the end after the last, -100 beyond."""
        numbers = self.tokens.numbers(target, self.name)
        there = numbers != -100
        after = F.pad(numbers[:, 1:], (0, 1), value=-100)
        return torch.where(there & (after == -100), END, after)

    def head(self, features: int) -> nn.Module:
        return Speaker(features, self.tokens.size)

    def losses(self, output: Heard, target: Tensor) -> Tensor:
        parts = []
        for rows in self._rows(output):
            parts.append(F.cross_entropy(output.scores(rows).transpose(1, 2), target[rows], reduction="none"))
        return torch.cat(parts)

    @torch.no_grad()
    def metrics(self, output: Heard, target: Tensor) -> dict[str, float]:
        """``accuracy`` and ``perplexity``; NaN where no text is present."""
        present = self.present(target)
        if not bool(present.any()):
            return {"accuracy": float("nan"), "perplexity": float("nan")}
        hits = nats = 0.0
        for rows in self._rows(output):
            truth = target[rows][present[rows]]
            if len(truth) == 0:
                continue
            scores = output.scores(rows)[present[rows]]
            nats += log(metrics.perplexity(scores, truth)) * len(truth)
            hits += metrics.accuracy(self._told(scores), truth, self.tokens.size) * len(truth)
        count = int(present.sum())
        return {"accuracy": hits / count, "perplexity": exp(nats / count)}

    def predict(self, output: Heard) -> Tensor:
        """The likeliest known word after each word, ``int64[batch, words]``: its place in the list of words.

        -100 where the end is likelier than any word, and where the text is over.
        """
        return self.tokens.raw(self._next(output))

    def in_words(self, output: Heard) -> list[list[str]]:
        """The likeliest next word after each word of the texts; the last one goes on with the text."""
        return [[self.tokens.name(n) for n in row if n >= 0] for row in self._next(output).tolist()]

    def describe(self) -> dict[str, Any]:
        known = [self.tokens.words[number] for number in self.tokens.known.tolist()]
        return {"kind": self.kind, "name": self.name, "words": known}

    @torch.no_grad()
    def _next(self, output: Heard) -> Tensor:
        """Numbers of the likeliest next words but the unknown one, -100 where the text is over."""
        parts = []
        for rows in self._rows(output):
            parts.append(self._told(output.scores(rows)))
        return torch.cat(parts).masked_fill(~output.mask, -100)

    @staticmethod
    def _told(scores: Tensor) -> Tensor:
        """The likeliest word but the unknown one, whose score is overwritten."""
        scores[..., UNKNOWN] = float("-inf")
        return scores.argmax(dim=-1)

    def _rows(self, output: Heard) -> Any:
        return in_rows(len(output.mask), output.mask.shape[1] * self.tokens.size)
