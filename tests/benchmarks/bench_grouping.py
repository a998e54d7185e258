"""How near to the best the groups of many tasks come, and how long that takes.

Run it with ``python -m pytest -s tests/benchmarks/bench_grouping.py``: two to five minutes on one core. The affinities
are drawn; of each kind there are several, all solved one after the other.
"""

import numpy as np
import pandas as pd
import pytest

from workbench.affinities.grouping import Measured, grouping
from workbench.affinities.grouping.search import branch_and_bound, exhaustive

pytestmark = pytest.mark.benchmark
KINDS = ("gaussian", "symmetric", "negative", "rounded", "blocks", "cosine", "helpers")


def affinity(kind: str, K: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    Z = draw.normal(size=(K, K))
    if kind == "symmetric":
        return (Z + Z.T) / 2
    if kind == "negative":
        return -np.abs(Z)
    if kind == "rounded":
        return np.round(Z)
    if kind == "blocks":
        block = draw.integers(4, size=K)
        return np.where(block[:, None] == block, 0.5, -0.2) + 0.1 * Z
    if kind == "cosine":
        g = draw.normal(size=(K, 6)) + 0.5 * draw.normal(size=6)
        g /= np.linalg.norm(g, axis=1, keepdims=True)
        return g @ g.T
    if kind == "helpers":
        return draw.normal(size=(K, 1)) + 0.5 * Z
    return Z


def solved(K: int, networks: int, seeds: int) -> pd.DataFrame:
    """Per kind: how many were solved, the widest gap relative to the score, and seconds."""
    rows = []
    for kind in KINDS:
        for seed in range(seeds):
            found = grouping(affinity(kind, K, seed), networks, names=[f"t{k}" for k in range(K)])
            rows.append((kind, found.proven, found.gap / abs(found.score), found.visited, found.seconds))
    frame = pd.DataFrame(rows, columns=["kind", "proven", "gap", "visited", "seconds"])
    table = frame.groupby("kind", sort=False).agg(
        proven=("proven", "mean"),
        gap=("gap", "max"),
        visited=("visited", "max"),
        median=("seconds", "median"),
        longest=("seconds", "max"),
    )
    print(f"\n{K} tasks, at most {networks} groups, {seeds} of each kind\n{table.round(3).to_string()}")
    return frame


def test_twenty_tasks():
    """The best groups within ten seconds, proven, whatever the affinities."""
    for networks in (2, 4, 8):
        frame = solved(20, networks, seeds=5)
        assert frame["proven"].all()
        assert frame["seconds"].max() < 10


def test_more_tasks():
    """A bound, which is wide where the affinities are noise."""
    for K in (24, 40):
        frame = solved(K, 5, seeds=2)
        assert frame["gap"].lt(np.inf).all()
        assert frame["seconds"].max() < 12  # ten, and what was begun before


def test_published_table():
    """Five tasks, 36 networks: a few milliseconds."""
    measured = Measured.taskonomy()
    for budget in (2, 3, 4, 5):
        found, every = branch_and_bound(measured, budget), exhaustive(measured, budget)
        print(
            f"\nbudget {budget}: {1000 * found.seconds:.1f} ms and {found.visited} nodes; every family "
            f"{1000 * every.seconds:.0f} ms and {every.visited}"
        )
        assert found.score == pytest.approx(every.score)
        assert found.visited < every.visited / 10
