"""Do measures agree?"""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from workbench.component import WorkbenchError, short
from workbench.runs.affinity.result import Affinity

if TYPE_CHECKING:
    import pandas as pd

#: draws of both maps within their errors
DRAWS = 1000


def agreement(*affinities: Affinity) -> "pd.DataFrame":
    """How far measures put the pairs of tasks in the same order: Spearman's correlation of the off-diagonal entries.

    Two symmetric maps are compared on each pair once; otherwise every ordered pair counts. Pairs that one of them
    cannot judge are left out.

    The interval says what measurement noise alone may do: both maps are drawn anew a thousand times, every entry from
    a normal distribution with its standard error, and the middle 95 % of the correlations are given. Noise drowns
    order, so the interval may lie below the figure itself. It is missing where a map has an entry without a standard
    error, and it knows nothing of what the standard errors leave out: other tasks, mostly another training run.

    Args:
        affinities: of the same tasks, two at least.

    Returns:
        a row per two measures: ``a``, ``b``, ``spearman``, ``low``, ``high``, ``pairs`` (how many were compared).

    Raises:
        WorkbenchError: fewer than two maps, or maps of different tasks.
    """
    import pandas as pd

    if len(affinities) < 2:
        raise WorkbenchError(f"agreement compares two maps at least, found {len(affinities)}.")
    strange = [one for one in affinities if not isinstance(one, Affinity)]
    if strange:
        raise WorkbenchError(f"agreement compares maps of affinity, as of wb.affinity; found {short(strange[0])}.")
    names = affinities[0].names
    faults = [
        f"These maps are of different tasks: {', '.join(names)} and {', '.join(other.names)}."
        for other in affinities
        if set(other.names) != set(names)
    ]
    if faults:
        raise WorkbenchError(*faults)
    labels = _labels(affinities)
    generator = np.random.default_rng(0)
    rows = []
    for i, j in combinations(range(len(affinities)), 2):
        a, b = affinities[i], affinities[j]
        once = a.symmetric and b.symmetric
        (x, dx), (y, dy) = _entries(a, names, once), _entries(b, names, once)
        both = ~np.isnan(x) & ~np.isnan(y)
        x, y, dx, dy = x[both], y[both], dx[both], dy[both]
        drawn = [spearman(generator.normal(x, dx), generator.normal(y, dy)) for _ in range(_draws(dx, dy))]
        low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (np.nan, np.nan)
        rows.append((labels[i], labels[j], spearman(x, y), low, high, int(both.sum())))
    return pd.DataFrame(rows, columns=["a", "b", "spearman", "low", "high", "pairs"])


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Rank correlation; NaN for fewer than three values, or where one side is constant."""
    from scipy.stats import rankdata

    if len(x) < 3:
        return float("nan")
    a, b = rankdata(x), rankdata(y)
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length else float("nan")


def _draws(*errors: np.ndarray) -> int:
    """How many draws there can be: none where an error is not known."""
    return 0 if any(np.isnan(error).any() for error in errors) or len(errors[0]) < 3 else DRAWS


def _entries(affinity: Affinity, names: list[str], once: bool) -> tuple[np.ndarray, np.ndarray]:
    """Entries between two tasks and their standard errors, in the order of ``names``."""
    order = [affinity.names.index(name) for name in names]
    grid = np.ix_(order, order)
    K = len(names)
    pairs = np.triu(np.ones((K, K), bool), 1) if once else ~np.eye(K, dtype=bool)
    return affinity.matrix[grid][pairs], affinity.se[grid][pairs]


def _labels(affinities: tuple[Affinity, ...]) -> list[str]:
    """Their methods, numbered where one occurs twice."""
    methods = [affinity.method for affinity in affinities]
    return [
        f"{method} {methods[: i + 1].count(method)}" if methods.count(method) > 1 else method
        for i, method in enumerate(methods)
    ]
