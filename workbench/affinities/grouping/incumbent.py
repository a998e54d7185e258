"""A good partition to start from."""

from time import perf_counter

import numpy as np

from workbench.affinities.grouping.pairwise import Pairwise

#: starts drawn at random
STARTS = 24


def local_search(pairwise: Pairwise, networks: int, tolerance: float, end: float) -> np.ndarray:
    """The best partition that moving single tasks finds, from several starts; the served set of each task, ``[K]``.

    The first start merges, from all tasks apart, the two sets whose union loses least, until there are few enough;
    the others are drawn at random, always the same.

    Args:
        pairwise: how much tasks help each other.
        networks: how many sets there are at most.
        tolerance: a move gains more than this.
        end: start no more after this time.
    """
    draw = np.random.default_rng(0)
    best = _climb(pairwise, _merged(pairwise, networks), networks, tolerance)
    score = pairwise.values(sets(best, networks)).sum()
    for _ in range(STARTS):
        if perf_counter() > end:
            break
        start = draw.integers(networks, size=len(pairwise.names))
        found = _climb(pairwise, start, networks, tolerance)
        total = pairwise.values(sets(found, networks)).sum()
        if total > score:
            best, score = found, total
    return best


def sets(labels: np.ndarray, networks: int) -> np.ndarray:
    """The served sets of a partition, ``bool[networks, K]``."""
    return labels == np.arange(networks)[:, None]


def _climb(pairwise: Pairwise, labels: np.ndarray, networks: int, tolerance: float) -> np.ndarray:
    """Move the task that gains most, until none gains."""
    labels, K = labels.copy(), len(labels)
    alone, rows = np.eye(K, dtype=bool), np.arange(K)
    while True:
        served = sets(labels, networks)
        now = pairwise.values(served)
        left = pairwise.values(served[labels] & ~alone)
        joined = pairwise.values((served | alone[:, None]).reshape(-1, K)).reshape(K, networks)
        gains = joined - now + (left - now[labels])[:, None]
        gains[rows, labels] = 0.0
        task, to = np.unravel_index(gains.argmax(), gains.shape)
        if gains[task, to] <= tolerance:
            return labels
        labels[task] = to


def _merged(pairwise: Pairwise, networks: int) -> np.ndarray:
    served = np.eye(len(pairwise.names), dtype=bool)
    while len(served) > networks:
        first, second = np.triu_indices(len(served), 1)
        values = pairwise.values(served)
        union = pairwise.values(served[first] | served[second]) - values[first] - values[second]
        best = int(union.argmax())
        served[first[best]] |= served[second[best]]
        served = np.delete(served, second[best], axis=0)
    return served.argmax(0)
