"""Prices of tasks: a bound on every partition, and the few sets of which a better one can be made.

Give every task j a price ``π_j``. A partition into at most B sets has the value

    ``Σ_P v(P) = Σ_j π_j + Σ_P (v(P) − π(P)) ≤ D(π) = Σ_j π_j + B · max_P (v(P) − π(P))``

with ``π(P) = Σ_{j ∈ P} π_j`` and the empty set, of value 0, among the P. This is the dual of the linear relaxation of
the partition problem. With the *slack* ``s(P) = max_Q (v(Q) − π(Q)) − (v(P) − π(P))`` a partition into B sets, empty
ones included, has the value ``D(π) − Σ_P s(P)`` exactly: a set whose slack is as large as the distance of ``D(π)`` to
the best partition known is in no better one, and is dropped for good.

``D`` is minimised by Newton's method on ``Σ_j π_j + B τ log Σ_P exp((v(P) − π(P)) / τ)`` with falling τ, over all
``2^n`` sets at first and, as sets are dropped, over ever fewer.
"""

from time import perf_counter
from typing import NamedTuple

import numpy as np

#: the search takes over where so few sets are left
FEW = 64
#: sets whose members are written out at once
CHUNK = 1 << 16
#: of Newton's matrix, relative to its largest eigenvalue at most
RIDGE = 1e-4


class Priced(NamedTuple):
    """What prices tell.

    Attributes:
        bound: no partition that is better than the best known has more than this.
        sets: those of which a better one is made, as bit masks, ``int64[m]``.
        values: of these sets, ``[m]``.
        slack: of these sets, ``[m]``.
        steps: of Newton's method.
    """

    bound: float
    sets: np.ndarray
    values: np.ndarray
    slack: np.ndarray
    steps: int


def price(values: np.ndarray, networks: int, prices: np.ndarray, best: float, tolerance: float, end: float) -> Priced:
    """Find prices of small bound.

    Args:
        values: of every set of n tasks, ``[2^n]``, ``values[0] = 0``.
        networks: how many sets a partition has at most.
        prices: to start from, ``[n]``.
        best: value of the best partition known.
        tolerance: what is better by less is not better.
        end: stop at this time.
    """
    sets, n = np.arange(len(values)), len(prices)
    scale = float(np.ptp(values)) or 1.0
    temperature, steps = scale / 20, 0
    bound, slack = np.inf, np.zeros(len(sets))
    while True:
        reduced = values - _sums(prices, sets)
        top = reduced.max()
        total = float(prices.sum() + networks * top)
        if total < bound:
            bound, slack = total, top - reduced
            alive = bound - slack > best + tolerance
            if alive.sum() < 0.9 * len(sets):
                sets, values, slack, reduced = sets[alive], values[alive], slack[alive], reduced[alive]
        if not len(sets):
            return Priced(best, sets, values, slack, steps)
        if len(sets) <= FEW or temperature < 1e-6 * scale or perf_counter() > end:
            return Priced(bound, sets, values, slack, steps)
        near = reduced - top > -30 * temperature
        weight = np.exp((reduced[near] - top) / temperature)
        smooth = total + networks * temperature * np.log(weight.sum())
        weight /= weight.sum()
        share, both = _moments(sets[near], weight, n)
        spread = both - np.outer(share, share)
        slope = 1 - networks * share
        step = -np.linalg.solve(spread + RIDGE * np.eye(n), slope) * temperature / networks
        length, fall = 1.0, -float(slope @ step)
        for _ in range(20):
            if _smooth(values, sets, prices + length * step, networks, temperature) <= smooth - 1e-4 * length * fall:
                prices = prices + length * step
                break
            length /= 2
        else:
            fall = 0.0
        if fall < 0.3 * networks * temperature:
            temperature *= 0.4
        steps += 1


def _smooth(values: np.ndarray, sets: np.ndarray, prices: np.ndarray, networks: int, temperature: float) -> float:
    reduced = values - _sums(prices, sets)
    top = reduced.max()
    near = reduced[reduced - top > -30 * temperature]
    soft = top + temperature * np.log(np.exp((near - top) / temperature).sum())
    return float(prices.sum() + networks * soft)


def _moments(sets: np.ndarray, weight: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The share of weight of the sets that hold each task, ``[n]``, and each two, ``[n, n]``."""
    share, both = np.zeros(n), np.zeros((n, n))
    for first in range(0, len(sets), CHUNK):
        inside = ((sets[first : first + CHUNK, None] >> np.arange(n)) & 1).astype(float)
        weighted = inside * weight[first : first + CHUNK, None]
        share += weighted.sum(0)
        both += weighted.T @ inside
    return share, both


def _sums(prices: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """``π(P)`` of every set: from two tables of half the tasks each."""
    half = len(prices) // 2
    low, high = _table(prices[:half]), _table(prices[half:])
    if len(sets) == len(low) * len(high):
        return (high[:, None] + low).ravel()
    return low[sets & ((1 << half) - 1)] + high[sets >> half]


def _table(prices: np.ndarray) -> np.ndarray:
    sums = np.zeros(1)
    for price_of_task in prices:
        sums = np.concatenate([sums, sums + price_of_task])
    return sums
