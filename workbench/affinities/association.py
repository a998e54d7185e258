"""How strongly two labels go together: statistics of weighted rows, many weightings of them at once.

Classes are numbers ``int64[n]``, numbers ``float64[n, columns]``, weights ``float64[B, n]``: how often each row counts
in each of B replicates. Every function gives ``[B]``, NaN where a label does not vary.
"""

import torch
from torch import Tensor

#: quantile bins that numbers fall into where they have to be classes
BINS = 10


def correlation(weights: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Absolute correlation of two labels that are numbers, the mean over their columns."""
    total = weights.sum(1)[:, None, None]
    a, b = a - a.mean(0), b - b.mean(0)
    mean_a, mean_b = (weights @ a)[:, :, None] / total, (weights @ b)[:, None, :] / total
    products = torch.stack([(a * w[:, None]).T @ b for w in weights]) / total
    var_a = (weights @ a.square())[:, :, None] / total - mean_a.square()
    var_b = (weights @ b.square())[:, None, :] / total - mean_b.square()
    found = (products - mean_a * mean_b) / (_positive(var_a) * _positive(var_b)).sqrt()
    return found.abs().clamp(max=1).flatten(1).nanmean(1)


def correlation_ratio(weights: Tensor, classes: Tensor, numbers: Tensor) -> Tensor:
    """Kelley's ε, the correlation ratio η corrected for its bias, the mean over the columns of the numbers.

    ``η² = 1 − (variance within classes) / (variance)``; ``ε² = 1 − (1 − η²)(n − 1)/(n − k)`` for k classes.
    """
    n, codes = weights.sum(1), _codes(classes)
    counts = _sums(weights, codes)
    k = (counts > 0).sum(1)
    found = []
    for y in (numbers - numbers.mean(0)).T:
        sums, mean = _sums(weights * y, codes), weights @ y / n
        between = torch.where(counts > 0, sums.square() / counts, 0.0).sum(1) / n - mean.square()
        whole = _positive(weights @ y.square() / n - mean.square())
        squared = 1 - (1 - between / whole) * (n - 1) / (n - k).clamp(min=1)
        found.append(torch.where(k > 1, squared.clamp(0, 1).sqrt(), torch.nan))
    return torch.stack(found).nanmean(0)


def cramers_v(weights: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Cramér's V of two classifications, corrected for its bias (Bergsma 2013)."""
    n = weights.sum(1)
    cells, expected, rows, columns = _table(weights, a, b)
    phi = torch.where(cells > 0, cells.square() / expected, 0.0).sum(1) / n - 1
    r, c = _kinds(rows), _kinds(columns)
    phi = (phi - (r - 1) * (c - 1) / (n - 1)).clamp(min=0)
    least = torch.minimum(r - (r - 1).square() / (n - 1), c - (c - 1).square() / (n - 1)) - 1
    return torch.where((r > 1) & (c > 1), (phi / _positive(least)).sqrt().clamp(max=1), torch.nan)


def mutual_information(weights: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Mutual information of two classifications over the geometric mean of their entropies, from 0 to 1.

    Counting overestimates it by about ``(cells − rows − columns + 1) / 2n`` nats, those that hold something; that is
    taken off (Miller and Madow).
    """
    n = weights.sum(1)
    cells, expected, rows, columns = _table(weights, a, b)
    information = torch.where(cells > 0, cells * (cells / expected).log(), 0.0).sum(1) / n
    information = information - (_kinds(cells) - _kinds(rows) - _kinds(columns) + 1) / (2 * n)
    scale = (_entropy(rows) * _entropy(columns)).sqrt()
    return (information.clamp(min=0) / _positive(scale)).clamp(max=1)


def binned(numbers: Tensor) -> Tensor:
    """A column ``[n]`` as classes: its ten bins with as many rows each, fewer where values repeat."""
    edges = torch.quantile(numbers, torch.linspace(0, 1, BINS + 1, dtype=numbers.dtype)[1:-1]).unique()
    return torch.bucketize(numbers.contiguous(), edges, right=True)


def _codes(classes: Tensor) -> Tensor:
    """Classes numbered from 0 without gaps."""
    return classes.unique(return_inverse=True)[1]


def _sums(weights: Tensor, codes: Tensor) -> Tensor:
    """Sums of ``[B, n]`` per class, ``[B, classes]``."""
    return weights.new_zeros(len(weights), int(codes.max()) + 1).index_add_(1, codes, weights)


def _table(weights: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Counts of the pairs of classes that occur, what independence would expect, counts of both ``[B, classes]``."""
    a, b = _codes(a), _codes(b)
    width = int(b.max()) + 1
    pairs, codes = (a * width + b).unique(return_inverse=True)
    rows, columns = _sums(weights, a), _sums(weights, b)
    expected = rows[:, pairs // width] * columns[:, pairs % width] / weights.sum(1, keepdim=True)
    return _sums(weights, codes), expected, rows, columns


def _kinds(counts: Tensor) -> Tensor:
    """How many classes occur, ``[B]``."""
    return (counts > 0).sum(1).to(counts)


def _entropy(counts: Tensor) -> Tensor:
    share = counts / counts.sum(1, keepdim=True)
    return -torch.xlogy(share, share).sum(1)


def _positive(x: Tensor) -> Tensor:
    """What may be divided by; NaN elsewhere."""
    return torch.where(x > 1e-12, x, torch.nan)
