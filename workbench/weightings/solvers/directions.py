"""Unit vectors spread over the part of space where no coordinate is negative."""

from itertools import combinations
from math import comb

import numpy as np


def spread(K: int, number: int) -> np.ndarray:
    """About ``number`` unit vectors with K coordinates of at least 0, ``[vectors, K]``; a renamed set is the same set.

    For two coordinates ``(cos t, sin t)`` at equal steps of t from 0 to π/2. For more, brought to length 1: the points
    of the finest regular grid on the simplex (coordinates are multiples of 1/H) that has at most ``number`` of them,
    its corners in any case, and its centre. First coordinates fall from vector to vector.
    """
    if K == 1:
        return np.ones((1, 1))
    if K == 2:
        t = np.linspace(0, np.pi / 2, number)
        return np.stack([np.cos(t), np.sin(t)], 1).round(15)
    H = 1
    while comb(H + K, K - 1) <= number:
        H += 1
    bars = np.array([[-1, *cut, H + K - 1] for cut in combinations(range(H + K - 1), K - 1)])
    grid = np.vstack([(np.diff(bars, axis=1) - 1) * K, np.full(K, H)])
    grid = np.unique(grid, axis=0)[::-1].astype(float)
    return grid / np.linalg.norm(grid, axis=1, keepdims=True)
