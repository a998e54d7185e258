"""Linear-chain conditional random field, in the log domain.

The score of tags ``y_1 … y_T`` is ``s(y) = start_{y_1} + Σ_t e_{t, y_t} + Σ_{t>1} A_{y_{t-1}, y_t} + end_{y_T}``, their
probability ``exp(s(y) - log Z)`` with ``log Z = log Σ_y exp s(y)`` over all sequences of tags. Everything is vectorised
over the batch and the tags; the only loop is the one over positions.

Source: Lafferty, McCallum & Pereira, ICML 2001; start and end scores as in most toolkits.
"""

from typing import NamedTuple

import torch
from torch import Tensor

#: most numbers in a table ``[batch, tags, tags]`` of the Viterbi algorithm
NUMBERS = 2**23


class Chain(NamedTuple):
    """Scores of neighbours: ``start[tags]``, ``end[tags]`` and ``steps[tags, tags]`` (from row to column)."""

    start: Tensor
    end: Tensor
    steps: Tensor


def nll(emissions: Tensor, target: Tensor, mask: Tensor, chain: Chain) -> Tensor:
    """``log Z - log Z'`` per sentence, ``[batch]``, where Z' sums only sequences that agree with the labels.

    For a fully labelled sentence that is ``log Z - s(y)``; a missing label is summed over, and a sentence without any
    costs 0.

    Args:
        emissions: scores ``[batch, length, tags]``.
        target: tag numbers ``int64[batch, length]``, -100 where missing.
        mask: ``bool[batch, length]``, True for the words, which come first.
        chain: scores of neighbours.
    """
    if target.device.type == "cpu" and bool(((target != -100) == mask).all()):  # a GPU would have to be waited for
        return log_partition(emissions, mask, chain) - score(emissions, target, mask, chain)
    tags = torch.arange(emissions.shape[-1], device=target.device)
    agree = (target.unsqueeze(-1) == tags) | (target == -100).unsqueeze(-1)
    both = torch.cat([emissions, emissions.masked_fill(~agree, float("-inf"))])
    every, agreeing = log_partition(both, mask.repeat(2, 1), chain).chunk(2)
    return every - agreeing


def score(emissions: Tensor, tags: Tensor, mask: Tensor, chain: Chain) -> Tensor:
    """``s(y)`` of given tags ``int64[batch, length]``, ``[batch]``; what they say outside the mask does not count."""
    y = tags.masked_fill(~mask, 0)
    at_words = emissions.gather(2, y.unsqueeze(-1)).squeeze(-1).double()
    between = chain.steps[y[:, :-1], y[:, 1:]].double()
    last = y.gather(1, (mask.sum(1, keepdim=True) - 1).clamp(min=0)).squeeze(1)
    return chain.start[y[:, 0]] + (at_words * mask).sum(1) + (between * mask[:, 1:]).sum(1) + chain.end[last]


def log_partition(emissions: Tensor, mask: Tensor, chain: Chain) -> Tensor:
    """``log Z`` by the forward algorithm, ``[batch]``, in double precision (single where a device has no other).

    ``α_t(j) = e_{tj} + log Σ_i exp(α_{t-1}(i) + A_ij)``. With ``m = max α_{t-1}`` and ``a_j = max_i A_ij`` the sum is
    the matrix product ``exp(α_{t-1} - m) exp(A - a)``, times ``exp(m + a_j)``: batch x tags exponentials a position
    instead of batch x tags². Terms more than 700 nats below the largest are lost (80 in single precision); where all
    of a sum is, the result is too large, but finite.

    Args:
        emissions: scores ``[batch, length, tags]``; -inf excludes a tag.
        mask: ``bool[batch, length]``, True for the words, which come first.
        chain: scores of neighbours, all finite.
    """
    precise = torch.float32 if emissions.device.type == "mps" else torch.float64
    start, end, steps = (part.to(precise) for part in chain)
    top = steps.detach().amax(0)
    kernel = (steps - top).exp()
    tiny = torch.finfo(precise).tiny
    first, *others = emissions.to(precise).unbind(1)
    alpha = start + first
    for t, emission in enumerate(others, start=1):
        most = alpha.detach().amax(1, keepdim=True)
        summed = ((alpha - most).exp() @ kernel).clamp(min=tiny).log()
        alpha = torch.where(mask[:, t : t + 1], summed + (most + top) + emission, alpha)
    return torch.logsumexp(alpha + end, dim=1)


def viterbi(emissions: Tensor, mask: Tensor, chain: Chain) -> Tensor:
    """The most probable tags of each sentence, ``int64[batch, length]``, -100 where it is over.

    ``δ_t(j) = e_{tj} + max_i(δ_{t-1}(i) + A_ij)`` from the left; then from the right ``y_{t-1} = argmax_i(δ_{t-1}(i) +
    A_{i, y_t})``, so that only maxima are taken over tags x tags. Of equally good tags the first one is taken.

    Args:
        emissions: scores ``[batch, length, tags]``.
        mask: ``bool[batch, length]``, True for the words, which come first.
        chain: scores of neighbours.
    """
    size = max(1, NUMBERS // emissions.shape[-1] ** 2)
    pairs = zip(emissions.split(size), mask.split(size), strict=True)
    return torch.cat([_viterbi(part, there, chain) for part, there in pairs])


@torch.no_grad()
def _viterbi(emissions: Tensor, mask: Tensor, chain: Chain) -> Tensor:
    start, end, steps = (part.to(emissions.dtype) for part in chain)
    into = steps.T.contiguous()  # the reduction over i runs along memory
    best = [start + emissions[:, 0]]
    for t in range(1, emissions.shape[1]):
        found = (best[-1].unsqueeze(1) + into).amax(2) + emissions[:, t]
        best.append(torch.where(mask[:, t : t + 1], found, best[-1]))
    tag = (best[-1] + end).argmax(1)
    path = [tag]
    for t in range(emissions.shape[1] - 1, 0, -1):
        tag = torch.where(mask[:, t], (best[t - 1] + into[tag]).argmax(1), tag)
        path.append(tag)
    return torch.stack(path[::-1], dim=1).masked_fill(~mask, -100)
