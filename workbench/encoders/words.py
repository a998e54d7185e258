"""Words: how a string is cut into them, and how they become numbers."""

import re
from collections import Counter
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError
from workbench.encoders.base import Encoder, Sentences

#: number after the end of a sentence, and number of every word that the vocabulary lacks
PADDING, UNKNOWN = 0, 1
_WORD = re.compile(r"\w+(?:['’-]\w+|(?<=\d)[.,:](?=\d)\w+)*|[^\w\s]")


def tokenize(text: str, lower: bool = True) -> list[str]:
    """A string as words, lower-cased unless told otherwise, and punctuation marks.

    Words keep inner apostrophes and hyphens, numbers their inner points, commas and colons.

    >>> tokenize("Don't wake Anna-Lena at 7:30, please!")
    ["don't", 'wake', 'anna-lena', 'at', '7:30', ',', 'please', '!']
    """
    return _WORD.findall(text.lower() if lower else text)


class Vocabulary:
    """The words of the training sentences, numbered: 0 is padding, 1 every other word, 2 the most frequent one, ….

    Words of equal frequency are numbered in alphabetical order.

    Args:
        sentences: of the training split.
        min_count: rarer words are unknown, so that the model learns what to make of unknown words.
        most_words: at most so many words are known.
        case: tell words of different case apart.

    Raises:
        WorkbenchError: no word is frequent enough.
    """

    def __init__(self, sentences: Sentences, min_count: int = 1, most_words: int = 20_000, case: bool = False) -> None:
        self.case = case
        counts = Counter(self._written(word) for sentence in sentences for word in sentence)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        self.words = [word for word in ranked[:most_words] if counts[word] >= min_count]
        if not self.words:
            raise WorkbenchError(
                f"None of the {len(counts)} words of {len(sentences)} training sentences is there {min_count} times "
                "or more; lower min_count."
            )
        self._number = {word: number for number, word in enumerate(self.words, start=2)}

    @property
    def size(self) -> int:
        """Number of different numbers, those of padding and of unknown words included."""
        return len(self.words) + 2

    def encode(self, sentences: Sentences, length: int) -> Tensor:
        """Sentences as numbers of words: ``int64[rows, length]``, 0 after the end."""
        out = torch.zeros(len(sentences), length, dtype=torch.int64)
        for row, sentence in enumerate(sentences):
            numbers = [self._number.get(self._written(word), UNKNOWN) for word in sentence]
            out[row, : len(numbers)] = torch.tensor(numbers, dtype=torch.int64)
        return out

    def _written(self, word: str) -> str:
        return word if self.case else word.lower()


class WordEncoder(Encoder):
    """Base of encoders that read a text as a sequence of words from a vocabulary of the training sentences."""

    reads: ClassVar[tuple[str, ...]] = ("text",)
    gives: ClassVar[str] = "sequence"

    min_count: Annotated[int, Field(ge=1, description="rarer words are read as unknown"), Slider(1, 10)] = 2
    most_words: Annotated[
        int, Field(ge=1, description="at most so many words are known"), Slider(100, 100_000, log=True)
    ] = 20_000
    case: Annotated[bool, Field(description="tell Words from words")] = False

    def learn(self, sentences: Sentences) -> Vocabulary:
        return Vocabulary(sentences, self.min_count, self.most_words, self.case)
