"""The best groups by affinity: the reduction to a partition, and the search over partitions."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from workbench.affinities.grouping import Pairwise, partition, prices
from workbench.affinities.grouping.partition import branch_and_bound, exhaustive
from workbench.component import WorkbenchError

KINDS = ("gaussian", "symmetric", "negative", "ties", "blocks", "zero", "cosine", "tiny", "helpers")


def affinity(kind: str, K: int, seed: int, alone: float = 0.0) -> Pairwise:
    draw = np.random.default_rng(seed)
    Z = draw.normal(size=(K, K))
    if kind == "symmetric":
        Z = (Z + Z.T) / 2
    elif kind == "negative":
        Z = -np.abs(Z)
    elif kind == "ties":
        Z = np.round(Z)
    elif kind == "blocks":
        block = draw.integers(4, size=K)
        Z = np.where(block[:, None] == block, 0.5, -0.2) + 0.1 * Z
    elif kind == "zero":
        Z = 0 * Z
    elif kind == "cosine":
        g = draw.normal(size=(K, 6)) + 0.5 * draw.normal(size=6)
        g /= np.linalg.norm(g, axis=1, keepdims=True)
        Z = g @ g.T
    elif kind == "tiny":
        Z *= 1e-6
    elif kind == "helpers":  # a few tasks help all others
        Z = draw.normal(size=(K, 1)) + 0.5 * Z
    return Pairwise(Z, [f"t{k}" for k in range(K)], alone * draw.normal(size=K))


def score(pairwise: Pairwise, task: int, group: tuple[int, ...]) -> float:
    """By the definition."""
    others = [helper for helper in group if helper != task]
    if not others:
        return float(pairwise.alone[task])
    return sum(float(pairwise.matrix[helper, task]) for helper in others) / len(others)


def best_of_all_families(pairwise: Pairwise, networks: int) -> float:
    """Every family of at most so many groups, each task served by its best one."""
    K = len(pairwise.names)
    every = [group for size in range(1, K + 1) for group in combinations(range(K), size)]
    table = np.array([[score(pairwise, j, group) if j in group else -np.inf for j in range(K)] for group in every])
    families = (family for count in range(1, networks + 1) for family in combinations(range(len(every)), count))
    return max(table[list(family)].max(0).sum() for family in families)


def partitions(tasks: list[int], most: int):
    """Every way to cut tasks into at most so many groups."""
    if not tasks:
        yield []
        return
    first, *rest = tasks
    for cut in partitions(rest, most):
        yield from ([*cut[:i], [first, *cut[i]], *cut[i + 1 :]] for i in range(len(cut)))
        if len(cut) < most:
            yield [[first], *cut]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("search", [exhaustive, branch_and_bound])
def test_without_helpers_groups_do_not_overlap(kind, search):
    for seed, K, networks in ((0, 5, 2), (1, 6, 3), (2, 4, 4)):
        apart = replace(affinity(kind, K, seed, alone=0.3), helpers=False)
        found = search(apart, networks)
        cuts = partitions(list(range(K)), networks)
        best = max(sum(score(apart, j, tuple(group)) for group in cut for j in group) for cut in cuts)
        assert found.score == pytest.approx(best, abs=1e-9 * max(1, apart.scale))
        assert found.proven
        assert sorted(name for group in found.groups for name in group) == sorted(apart.names)


def test_without_helpers_a_bound_for_many_tasks_holds():
    apart = replace(affinity("blocks", 24, 0), helpers=False)
    found = branch_and_bound(apart, 4, seconds=3)
    assert found.bound >= found.score
    assert len([name for group in found.groups for name in group]) == 24


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("K", "networks"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 2)])
def test_a_partition_with_helpers_is_as_good_as_the_best_family_of_groups(kind, K, networks):
    for seed in range(2):
        pairwise = affinity(kind, K, seed, alone=0.5 * seed)
        wanted = best_of_all_families(pairwise, networks)
        for search in (exhaustive, branch_and_bound):
            found = search(pairwise, networks)
            assert found.score == pytest.approx(wanted, abs=1e-9 * max(pairwise.scale, 1e-9))
            assert found.proven


def test_three_groups_of_five_tasks():
    pairwise = affinity("gaussian", 5, seed=3, alone=0.2)
    assert exhaustive(pairwise, 3).score == pytest.approx(best_of_all_families(pairwise, 3))


def test_the_score_of_a_grouping_is_that_of_its_groups():
    for kind in KINDS:
        pairwise = affinity(kind, 9, seed=1, alone=0.1)
        found = branch_and_bound(pairwise, 3)
        groups = [tuple(found.names.index(name) for name in group) for group in found.groups]
        assert 1 <= len(groups) <= 3
        assert len(set(groups)) == len(groups)
        for j, name in enumerate(found.names):
            scores = [score(pairwise, j, group) if j in group else -np.inf for group in groups]
            assert found.scores[name] == pytest.approx(max(scores))
            assert found.served_by[name] == int(np.argmax(scores))
        assert set(found.served_by.values()) == set(range(len(groups)))  # each network answers for a task


def test_branch_and_bound_equals_exhaustive_search():
    for seed in range(200):
        draw = np.random.default_rng(seed)
        pairwise = affinity(KINDS[seed % len(KINDS)], int(draw.integers(1, 9)), seed, alone=0.1 * (seed % 2))
        networks = int(draw.integers(1, 6))
        wanted, found = exhaustive(pairwise, networks), branch_and_bound(pairwise, networks)
        assert wanted.proven
        assert found.proven, seed
        assert found.score == pytest.approx(wanted.score, abs=1e-9 * pairwise.scale, rel=1e-9), seed


@pytest.mark.parametrize("kind", KINDS)
def test_searches_that_start_badly_end_well(kind, monkeypatch):
    """All tasks in one set to start from, and no more than a step with prices: the rest is the tree's own work."""
    monkeypatch.setattr(partition, "local_search", lambda pairwise, *_: np.zeros(len(pairwise.names), dtype=int))
    for few in (64, 10_000):
        monkeypatch.setattr(prices, "FEW", few)
        for seed in range(8):
            pairwise = affinity(kind, 8, seed, alone=0.3)
            wanted = exhaustive(pairwise, 3)
            found = branch_and_bound(pairwise, 3)
            assert found.proven
            assert found.score == pytest.approx(wanted.score, abs=1e-9 * pairwise.scale)


@pytest.mark.parametrize("few", [4, 64])
def test_prices_drop_no_set_of_a_better_partition(few, monkeypatch):
    """And the value of a partition is the bound less the slack of its sets, empty ones included."""
    monkeypatch.setattr(prices, "FEW", few)
    better = 0
    for seed in range(30):
        draw = np.random.default_rng(seed)
        values = draw.normal(size=32)
        values[0] = 0
        every = {tuple(parts): sum(values[parts]) for parts in partition._partitions(31, 3)}
        best = float(np.quantile(list(every.values()), draw.uniform(0.5, 1)))
        priced = prices.price(values, 3, draw.normal(size=5), best, 1e-9, np.inf)
        slack = dict(zip(priced.sets.tolist(), priced.slack.tolist(), strict=True))
        for parts, value in every.items():
            assert value <= max(best, priced.bound) + 1e-9
            if value > best + 1e-6:
                better += 1
                left = sum(slack[part] for part in [*parts, *[0] * (3 - len(parts))])
                assert value == pytest.approx(priced.bound - left)
    assert better > 100


def test_fourteen_tasks_are_solved():
    """A block is what trains together where blocks are clear."""
    block = np.arange(14) % 3
    Z = np.where(block[:, None] == block, 0.4, -0.3) + 0.05 * np.random.default_rng(0).normal(size=(14, 14))
    found = branch_and_bound(Pairwise(Z, [f"t{k}" for k in range(14)]), 3)
    assert found.proven
    served = [[found.served_by[f"t{k}"] for k in range(14) if block[k] == b] for b in range(3)]
    assert [len(set(numbers)) for numbers in served] == [1, 1, 1]
    assert found.all_in_one < found.all_apart < found.score


def test_a_bound_from_blocks_holds(monkeypatch):
    """Blocks of four tasks instead of twenty, so that the best is known."""
    monkeypatch.setattr(partition, "EVERY_SET", 4)
    for kind in KINDS:
        pairwise = affinity(kind, 9, seed=2, alone=0.1)
        found, best = branch_and_bound(pairwise, 3), exhaustive(pairwise, 3)
        assert found.bound >= best.score - 1e-9 * pairwise.scale
        assert found.score <= best.score + 1e-9 * pairwise.scale
        assert found.gap == pytest.approx(found.bound - found.score, abs=1e-9 * pairwise.scale)


def test_more_tasks_than_every_set_can_be_looked_at():
    found = branch_and_bound(affinity("blocks", 24, seed=0), 4, seconds=2.0)  # blocks of 16
    assert sorted(found.served_by) == sorted(found.names)
    assert found.score < found.bound < 1.3 * found.score
    assert "not proven: a better grouping may exist, by" in repr(found)


def test_no_time_gives_an_answer_and_a_bound_that_holds():
    pairwise = affinity("gaussian", 10, seed=0)
    short, best = branch_and_bound(pairwise, 3, seconds=1e-9), exhaustive(pairwise, 3)
    assert not short.proven
    assert short.score <= best.score < short.bound


def test_as_many_networks_as_tasks_or_more():
    pairwise = affinity("negative", 4, seed=0)
    for networks in (4, 9):
        for search in (exhaustive, branch_and_bound):
            found = search(pairwise, networks)
            assert found.score == 0
            assert sorted(found.groups) == [["t0"], ["t1"], ["t2"], ["t3"]]


def test_a_group_that_two_served_sets_share_is_one_network():
    pairwise = Pairwise(np.array([[0.0, 1], [1, 0]]), ["a", "b"])
    found = branch_and_bound(pairwise, 2)
    assert found.groups == [["a", "b"]]
    assert found.score == 2


def test_too_many_tasks_to_look_at_every_partition():
    with pytest.raises(WorkbenchError, match="takes up to 11 tasks, not 12"):
        exhaustive(affinity("gaussian", 12, seed=0), 2)


@pytest.mark.parametrize(
    ("matrix", "names", "alone", "sentence"),
    [
        (np.zeros((2, 3)), "ab", 0, r"a row and a column for each task, not shape \(2, 3\) for 2 tasks"),
        (np.zeros((0, 0)), "", 0, "a row and a column for each task"),
        (np.zeros((2, 2)), "aa", 0, "more than one task named 'a'"),
        (np.array([[0, np.nan], [1, 0]]), "ab", 0, "The affinity of 'a' to 'b' is no finite number: measure it"),
        (np.full((3, 3), np.inf), "abc", 0, "'a' to 'b', 'a' to 'c', 'b' to 'a' and 3 more is no finite number"),
        (np.zeros((2, 2)), "ab", np.nan, "score alone is a finite number"),
        (np.zeros((2, 2)), "ab", [1, 2, 3], "score alone is a finite number, or one for each of the 2 tasks"),
    ],
)
def test_bad_maps(matrix, names, alone, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        Pairwise(matrix, list(names), alone)


def test_the_diagonal_does_not_count():
    Z = np.array([[np.nan, 0.5], [0.25, 99.0]])
    assert exhaustive(Pairwise(Z, ["a", "b"]), 1).scores == {"a": 0.25, "b": 0.5}
