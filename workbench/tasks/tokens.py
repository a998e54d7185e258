"""Words that a model writes: which of them it knows, and their numbers."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from workbench.component import WorkbenchError

#: number of the end of a text (a decoder starts from it, too), and number of every word that is not known
END, UNKNOWN = 0, 1
#: most numbers in one table of scores, ``[rows, length, words]``
NUMBERS = 2**24


class Tokens:
    """Words numbered for a model: 0 the end, 1 every unknown word, 2 the most frequent word of the training split, ….

    Raw numbers are places in the list of all words, -100 where there is none.

    Args:
        words: all words of the data.
        min_count: words that are rarer in training are unknown.
        most_words: at most so many words are known.
    """

    def __init__(self, words: Sequence[str], min_count: int = 1, most_words: int = 10_000) -> None:
        self.words, self.min_count, self.most_words = list(words), min_count, most_words
        self.known = torch.empty(0, dtype=torch.int64)

    @property
    def size(self) -> int:
        """Number of different numbers."""
        return len(self.known) + 2

    def fit(self, raw: Tensor, task: str) -> None:
        """Learn which words are known from raw numbers of the training split.

        Raises:
            WorkbenchError: none is there, or none often enough.
        """
        counts = torch.bincount(raw[raw >= 0].long(), minlength=len(self.words))
        if not bool(counts.any()):
            raise WorkbenchError(f"Task {task!r}: all {len(raw)} training texts are missing.")
        ranked = counts.argsort(descending=True, stable=True)[: self.most_words]
        self.known = ranked[counts[ranked] >= self.min_count]
        if len(self.known) == 0:
            raise WorkbenchError(
                f"Task {task!r}: no word is {self.min_count} times in the training texts; lower min_count."
            )

    def numbers(self, raw: Tensor, task: str) -> Tensor:
        """Raw numbers -> numbers for the model, -100 where there is none.

        Raises:
            WorkbenchError: a number that is no place in the list of words, with its row and place (counted from 0).
        """
        wrong = (raw != -100) & ((raw < 0) | (raw >= len(self.words)))
        if bool(wrong.any()):
            row, place = wrong.nonzero()[0].tolist()
            raise WorkbenchError(
                f"Task {task!r}: word {place} of row {row} has the number {raw[row, place]:g}; allowed: 0 … "
                f"{len(self.words) - 1}, or -100 for none ({int(wrong.sum())} such words)."
            )
        table = torch.full((len(self.words),), UNKNOWN)
        table[self.known] = torch.arange(2, self.size)
        there = raw >= 0
        return torch.where(there, table[torch.where(there, raw, 0).long()], -100)

    def raw(self, numbers: Tensor) -> Tensor:
        """Numbers of the model -> places in the list of words; -100 for the end, for unknown words and for none."""
        table = torch.cat([torch.tensor([-100, -100]), self.known]).to(numbers.device)
        return torch.where(numbers >= 0, table[numbers.clamp(min=0)], -100)

    def name(self, number: int) -> str:
        """A number of the model as a word."""
        return ("(end)", "(unknown)")[number] if number < 2 else self.words[int(self.known[number - 2])]


def in_rows(rows: int, numbers: int) -> Iterator[slice]:
    """Rows in stretches whose tables, each row of it so many numbers, are not too large."""
    size = max(1, NUMBERS // max(1, numbers))
    return (slice(start, start + size) for start in range(0, rows, size))
