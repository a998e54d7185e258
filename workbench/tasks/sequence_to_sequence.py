"""A text in, another text out."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.tasks import metrics
from workbench.tasks.base import Task
from workbench.tasks.decoder import Decoder
from workbench.tasks.memory import Memory, Team
from workbench.tasks.search import write
from workbench.tasks.tokens import END, UNKNOWN, Tokens, in_rows


class SequenceToSequence(Task):
    """A text in, another text out, word by word: a recurrent decoder with attention (see ``Decoder``).

    The loss is the cross entropy of each word, the end of the text being one, in nats, where the decoder is told the
    right words before (teacher forcing). Metrics: ``rouge_l``, the mean ROUGE-L of the texts it writes by itself;
    ``exact``, the share of them that equal the target; ``accuracy``, the share of words guessed right when told the
    words before. A word of the target that the model does not know is always counted as wrong.

    Shapes: places in the list of words, ``int64[rows, length]``, -100 after the end (a row of nothing else is missing);
    the output is a ``Memory`` with features ``[batch, source, features]`` of the words read.

    Args:
        name: the task's name.
        words: all words of the targets; which of them the model knows is learned from the training split.
        units: of the decoder.
        cell: of the decoder, ``gru`` or ``lstm``.
        attention: ``additive`` or ``dot``.
        beams: beginnings that are kept while writing; 1 is greedy.
        min_count: words that are rarer in training are unknown.
        most_words: at most so many words are known.
    """

    kind = "sequence_to_sequence"
    reads: ClassVar[str] = "sequence"
    metric = "rouge_l"

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        units: int = 128,
        cell: Literal["gru", "lstm"] = "gru",
        attention: Literal["additive", "dot"] = "additive",
        beams: int = 1,
        min_count: int = 1,
        most_words: int = 10_000,
    ) -> None:
        super().__init__(name)
        self.tokens = Tokens(words, min_count, most_words)
        self.units, self.cell, self.attention_kind, self.beams = units, cell, attention, beams
        self.longest = 1

    def fit(self, target: Tensor) -> None:
        """Learn the known words and the longest text, its end included, from the training targets.

        Raises:
            WorkbenchError: all of them are missing.
        """
        self.tokens.fit(target, self.name)
        self.longest = int((target >= 0).sum(1).max()) + 1

    def encode(self, target: Tensor) -> Tensor:
        """Raw ``[rows, length]`` -> numbers for the model, ``int64[rows, length + 1]``: words, the end, then -100."""
        numbers = F.pad(self.tokens.numbers(target, self.name), (0, 1), value=-100)
        lengths = (numbers >= 0).sum(1)
        rows = lengths.nonzero().squeeze(1)
        numbers[rows, lengths[rows]] = END
        return numbers

    def head(self, features: int) -> nn.Module:
        return Decoder(features, self.tokens.size, self.units, self.cell, self.attention_kind)

    def losses(self, output: Memory | Team, target: Tensor) -> Tensor:
        short = self._cut(target)
        parts = []
        for rows in in_rows(len(short), short.shape[1] * self.tokens.size):
            scores, _ = output[rows].teach(short[rows])
            parts.append(F.cross_entropy(scores.float().transpose(1, 2), short[rows], reduction="none"))
        return F.pad(torch.cat(parts), (0, target.shape[1] - short.shape[1]))

    @torch.no_grad()
    def metrics(self, output: Memory | Team, target: Tensor) -> dict[str, float]:
        """``rouge_l``, ``exact`` and ``accuracy``; NaN where no target is present."""
        some = self.present(target).any(1)
        if not bool(some.any()):
            return {"rouge_l": float("nan"), "exact": float("nan"), "accuracy": float("nan")}
        output, truth = output[some], self._cut(target[some])
        hits = 0.0
        for rows in in_rows(len(truth), truth.shape[1] * self.tokens.size):
            there = self.present(truth[rows])
            guess = output[rows].teach(truth[rows])[0].argmax(dim=-1)[there]
            guess[guess == UNKNOWN] = -1  # never right
            hits += metrics.accuracy(guess, truth[rows][there], self.tokens.size) * len(guess)
        wanted, found = self._words(truth).cpu(), self._words(self.write(output)).cpu()
        longest = max(wanted.shape[1], found.shape[1])
        wanted = F.pad(wanted, (0, longest - wanted.shape[1]), value=-1)
        found = F.pad(found, (0, longest - found.shape[1]), value=-1)
        return {
            "rouge_l": metrics.rouge_l(self._texts(found), self._texts(wanted)),
            "exact": metrics.exact(found, wanted, self.tokens.size),
            "accuracy": hits / int(self.present(truth).sum()),
        }

    def write(self, output: Memory | Team) -> Tensor:
        """What the model writes by itself: its numbers of words, the end, then -100, ``int64[batch, longest]``."""
        cost = self.beams * (self.tokens.size + output.mask.shape[1] * self.units)
        return torch.cat([write(output[rows], self.longest, self.beams) for rows in in_rows(len(output.mask), cost)])

    def predict(self, output: Memory | Team) -> Tensor:
        """Places in the list of words, ``int64[batch, longest]``, -100 after the end."""
        return self.tokens.raw(self.write(output))

    def in_words(self, output: Memory | Team) -> list[str]:
        """The texts, words joined by blanks."""
        rows = self._words(self.write(output)).tolist()
        return [" ".join(self.tokens.name(number) for number in row if number >= 0) for row in rows]

    @torch.no_grad()
    def attention(self, output: Memory | Team) -> list[tuple[list[str], Tensor]]:
        """Per example the words written, the end among them, and the attention behind each, ``[written, read]``."""
        written = self.write(output)
        maps = output.teach(written)[1]
        found = []
        for row, weights, mask in zip(written.tolist(), maps, output.mask, strict=True):
            names = [self.tokens.name(number) for number in row if number != -100]
            found.append((names, weights[: len(names), : int(mask.sum())]))
        return found

    def describe(self) -> dict[str, Any]:
        known = [self.tokens.words[number] for number in self.tokens.known.tolist()]
        return {
            "kind": self.kind,
            "name": self.name,
            "words": known,
            "longest": self.longest,
            "units": self.units,
            "cell": self.cell,
            "attention": self.attention_kind,
            "beams": self.beams,
        }

    def _cut(self, target: Tensor) -> Tensor:
        """Without the places where every text is over; all of them on a GPU, which would have to be waited for."""
        if target.device.type != "cpu":
            return target
        return target[:, : max(1, int(self.present(target).any(0).sum()))]

    @staticmethod
    def _texts(words: Tensor) -> list[str]:
        """Numbers as texts of digits."""
        return [" ".join(str(number) for number in row if number >= 0) for row in words.tolist()]

    @staticmethod
    def _words(numbers: Tensor) -> Tensor:
        """Numbers with -1 for the end and after it."""
        return torch.where(numbers > END, numbers, -1)
