"""Words in pieces, as the tokenizer of a pretrained network cuts them."""

from typing import Any

import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.encoders.base import Sentences


class Pieces:
    """Words as numbers of their pieces, plus 1, so that 0 is free for "nothing".

    Args:
        tokenizer: of Hugging Face transformers.
        longest: most pieces in a sentence that the network reads, both ends included; None: any number.

    Raises:
        WorkbenchError: a tokenizer without pieces that open and close a sentence.
    """

    def __init__(self, tokenizer: Any, longest: int | None) -> None:
        self.tokenizer, self.longest = tokenizer, longest
        if tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
            raise WorkbenchError(
                f"Encoder 'bert': the tokenizer {type(tokenizer).__name__} opens and closes no sentence; allowed: "
                "models of BERT's kind."
            )
        self._cut: dict[str, list[int]] = {}

    @property
    def size(self) -> int:
        """Number of different pieces."""
        return len(self.tokenizer)

    @property
    def first(self) -> int:
        """Number of the piece that opens a sentence, plus 1."""
        return self.tokenizer.cls_token_id + 1

    @property
    def last(self) -> int:
        """Number of the piece that closes a sentence, plus 1."""
        return self.tokenizer.sep_token_id + 1

    def encode(self, sentences: Sentences, length: int) -> Tensor:
        """``int64[rows, length, pieces]``, 0 where there is none.

        Raises:
            WorkbenchError: a sentence of too many pieces.
        """
        cut = [[self._pieces(word) for word in sentence] for sentence in sentences]
        for sentence, words in zip(sentences, cut, strict=True):
            count = sum(map(len, words)) + 2
            if self.longest is not None and count > self.longest:
                raise WorkbenchError(
                    f"The text that starts with {' '.join(sentence[:5])!r} has {count - 2} pieces, but this model "
                    f"reads at most {self.longest - 2}; shorten it."
                )
        most = max((len(word) for words in cut for word in words), default=1)
        out = torch.zeros(len(cut), length, most, dtype=torch.int64)
        for row, words in enumerate(cut):
            for place, word in enumerate(words):
                out[row, place, : len(word)] = torch.tensor(word)
        return out

    def _pieces(self, word: str) -> list[int]:
        """Numbers of a word's pieces, plus 1; the unknown piece for a word that leaves none."""
        if word not in self._cut:
            found = self.tokenizer.encode(f" {word}", add_special_tokens=False) or [self.tokenizer.unk_token_id]
            self._cut[word] = [number + 1 for number in found]
        return self._cut[word]


def packed(x: Tensor, first: int, last: int) -> tuple[Tensor, Tensor, Tensor]:
    """Words in pieces as sentences of pieces without gaps, opened and closed.

    Args:
        x: ``int64[batch, words]`` or ``[batch, words, pieces]``, 0 where there is none.
        first, last: pieces that open and close a sentence, plus 1.

    Returns:
        pieces ``int64[batch, n]``, counted from 0; which of them are there, ``bool[batch, n]``; and where each word's
        first piece stands, ``int64[batch, words]``, 0 for padding.
    """
    words = x if x.dim() == 3 else x.unsqueeze(-1)
    flat = words.flatten(1)
    counts = (words != 0).sum(-1)
    ends = counts.sum(1)
    longest = int(ends.max())  # one look at the device: pieces are far fewer than places for them
    order = (flat == 0).to(torch.int8).argsort(dim=1, stable=True)[:, :longest]
    body = flat.gather(1, order)
    edge = body.new_zeros(len(body), 1)
    pieces = torch.cat([edge + first, body, edge], dim=1)
    pieces.scatter_(1, ends.unsqueeze(1) + 1, last)
    there = torch.arange(longest + 2, device=x.device) < (ends + 2).unsqueeze(1)
    places = (counts.cumsum(1) - counts + 1) * (counts > 0)
    return (pieces - 1).clamp(min=0), there, places
