"""Fewer points, same picture: thinning that keeps every extreme."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["decimate", "shares"]


def decimate(steps: NDArray, values: NDArray, limit: int) -> tuple[NDArray, NDArray]:
    """At most ``limit`` points of a curve that look like all of them.

    The range of steps is cut into stretches of equal width; of each the lowest and the highest point stay, and of the
    whole curve the first and the last. Thinning a thinned curve again keeps its extremes, and old and new parts of a
    growing curve end up equally dense.

    Args:
        steps: step numbers, ``[n]``, not decreasing.
        values: one finite value per step, ``[n]``.
        limit: how many points may remain, at least 4.

    Returns:
        The remaining steps and values, in order; the very arrays given when they are short enough.
    """
    count = len(steps)
    if count <= limit:
        return steps, values
    stretches = (limit - 2) // 2
    edges = np.linspace(float(steps[0]), float(steps[-1]), stretches, endpoint=False)
    starts = np.unique(np.searchsorted(steps, edges))
    starts = starts[starts < count]
    lengths = np.diff(np.append(starts, count))
    keep = np.zeros(count, dtype=bool)
    keep[[0, -1]] = True
    for extreme in (np.minimum, np.maximum):
        reached = np.flatnonzero(values == np.repeat(extreme.reduceat(values, starts), lengths))
        keep[reached[np.unique(np.searchsorted(starts, reached, side="right"), return_index=True)[1]]] = True
    return steps[keep], values[keep]


def shares(counts: Sequence[int], total: int) -> list[int]:
    """How many points each curve may send when all together may send ``total``: short ones stay whole.

    Args:
        counts: the points each curve has.
        total: the points there is room for.

    Returns:
        The allowance of each curve, in the order given: its own length where it fits in an equal share.
    """
    allowed = [0] * len(counts)
    left, waiting = total, len(counts)
    for place in sorted(range(len(counts)), key=lambda i: counts[i]):
        allowed[place] = min(counts[place], max(left, 0) // waiting)
        left -= allowed[place]
        waiting -= 1
    return allowed
