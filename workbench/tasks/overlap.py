"""How alike two texts are."""

import torch
from torch import Tensor


def common(one: Tensor, other: Tensor) -> Tensor:
    """Length of the longest common subsequence of each pair of rows, ``int64[rows]``.

    Args:
        one, other: numbers of words, ``int64[rows, …]``, below 0 where a text is over.
    """
    best = torch.zeros(len(one), other.shape[1] + 1, dtype=torch.int64)
    for i in range(one.shape[1]):
        before, best = best, torch.zeros_like(best)
        for j in range(other.shape[1]):
            alike = (one[:, i] == other[:, j]) & (one[:, i] >= 0)
            best[:, j + 1] = torch.where(alike, before[:, j] + 1, torch.maximum(before[:, j + 1], best[:, j]))
    return best[:, -1]


def rouge_l(guess: Tensor, truth: Tensor) -> Tensor:
    """ROUGE-L of each pair, ``[rows]``: ``2 P R / (P + R)``, P and R the common subsequence's share of either text.

    Source: Lin, ACL workshop 2004, with β = 1 as in the usual codes; words as they are, nothing is stemmed.

    Args:
        guess, truth: numbers of words, ``int64[rows, …]``, below 0 where a text is over.
    """
    lengths = (guess >= 0).sum(1) + (truth >= 0).sum(1)
    return 2 * common(guess, truth).double() / lengths.clamp(min=1)
