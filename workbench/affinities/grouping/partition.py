"""The best groups by pairwise affinity: partitions of the tasks into served sets (see ``pairwise``)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from workbench.affinities.grouping.build import of_sets
from workbench.affinities.grouping.incumbent import local_search, sets
from workbench.affinities.grouping.pairwise import TOLERANCE, Pairwise
from workbench.affinities.grouping.prices import price
from workbench.affinities.grouping.result import Grouping
from workbench.component import WorkbenchError

#: most tasks of which every partition is looked at
EVERY_PARTITION = 11
#: most tasks of which every set is looked at: with time, and with little
EVERY_SET, FEWER = 20, 16
#: seconds for a block of tasks below which time is little: the table of all sets of 20 tasks takes one or two
LITTLE = 2.5


def exhaustive(pairwise: Pairwise, networks: int) -> Grouping:
    """The best groups, by looking at every partition into at most ``networks`` sets; ``O(networks^K)``.

    Raises:
        WorkbenchError: more than 11 tasks.
    """
    K, start = len(pairwise.names), perf_counter()
    if K > EVERY_PARTITION:
        raise WorkbenchError(
            f"Exhaustive search takes up to {EVERY_PARTITION} tasks, not {K}: search='branch_and_bound' proves as much."
        )
    values = pairwise.table(range(K))
    best, chosen, visited = -np.inf, list[int](), 0
    for partition in _partitions((1 << K) - 1, networks):
        visited += 1
        total = sum(values[part] for part in partition)
        if total > best:
            best, chosen = total, partition
    served = (np.array(chosen)[:, None] >> np.arange(K)) & 1 > 0
    return of_sets(pairwise, served, best, networks, "exhaustive", visited, perf_counter() - start)


def _partitions(rest: int, count: int) -> Iterator[list[int]]:
    """Every partition of a set, a bit mask, into at most so many: the part of its lowest bit first."""
    if not rest:
        yield []
    elif count:
        lowest = rest & -rest
        others = rest ^ lowest
        part = others
        while True:
            for more in _partitions(others ^ part, count - 1):
                yield [lowest | part, *more]
            if not part:
                return
            part = (part - 1) & others


def branch_and_bound(pairwise: Pairwise, networks: int, seconds: float = 10.0) -> Grouping:
    """The best groups where they are found in time, else good ones and a bound on the others.

    Starts from a local search, drops the served sets that prices show to be in no better partition (``prices``), and
    branches over what is left: on the task that is in fewest of them, by the set that serves it. Up to 20 tasks that
    is exact if time allows; there is a table of all ``2^K`` sets, so it takes ``O(2^K K log K)`` operations, one or two
    seconds for 20 tasks.

    More tasks are cut into blocks of 20, or of 16 where there are less than 2.5 seconds for each: ``v(P)`` bounds what
    the tasks P of one group add to its score, whoever joins them, so the best partitions of the blocks, with helpers
    from all tasks, add up to a bound for all. It is proven, but wide where affinities are noise; the groups are those
    of the local search. Every block gets tasks of every group, which makes the bound smaller.

    Args:
        pairwise: how much tasks help each other.
        networks: how many groups there are at most.
        seconds: stop then.
    """
    start, K = perf_counter(), len(pairwise.names)
    tolerance = TOLERANCE * pairwise.scale
    most = min(networks, K)
    labels = local_search(pairwise, most, tolerance, start + seconds / 4)
    served = sets(labels, most)
    size = EVERY_SET if seconds >= LITTLE * -(-K // EVERY_SET) else FEWER
    place_in_group = np.tril(labels[:, None] == labels, -1).sum(1)
    dealt = np.lexsort([labels, place_in_group])
    blocks = [dealt[first : first + size] for first in range(0, K, size)]
    bound, visited = 0.0, 0
    judged = pairwise if len(blocks) == 1 else replace(pairwise, helpers=True)  # others of a group help from outside
    for number, tasks in enumerate(blocks):
        now = perf_counter()
        end = now + (start + seconds - now) / (len(blocks) - number)
        branches = _Branches(judged, tasks, labels[tasks], most, tolerance, end)
        bound += branches.bound
        visited += branches.visited
        if len(blocks) == 1 and branches.chosen:
            served = (np.array(branches.chosen)[:, None] >> np.argsort(dealt)) & 1 > 0
    return of_sets(pairwise, served, bound, networks, "branch_and_bound", visited, perf_counter() - start)


class _Branches:
    """The best partition of a block of tasks, with helpers from all.

    Attributes:
        best: value of the best partition.
        chosen: its sets, as bit masks within the block; empty where the given one is the best.
        bound: no partition has a larger value.
        visited: nodes of the tree.
    """

    def __init__(
        self,
        pairwise: Pairwise,
        tasks: Sequence[int] | np.ndarray,
        labels: np.ndarray,
        networks: int,
        tolerance: float,
        end: float,
    ) -> None:
        self.tolerance, self.end = tolerance, end
        self.chosen: list[int] = []
        self.open, self.visited = -np.inf, 0
        n = len(tasks)
        values = pairwise.table(list(tasks))
        parts = sets(labels, networks) @ (1 << np.arange(n))
        self.best = float(values[parts].sum())
        prices = np.array([values[part] for part in parts])[labels] / np.bincount(labels, minlength=networks)[labels]
        self.left_over = price(values, networks, prices, self.best, tolerance, end)
        order = np.argsort(self.left_over.slack, kind="stable")
        self._branch(order, (1 << n) - 1, networks, self.left_over.bound, [])
        self.bound = max(self.best, self.open)

    def _branch(self, allowed: np.ndarray, rest: int, networks: int, bound: float, chosen: list[int]) -> None:
        """Partitions that add sets out of ``allowed``, in order of slack, until no task of ``rest`` is left."""
        self.visited += 1
        masks, values, slack = self.left_over.sets, self.left_over.values, self.left_over.slack
        if not rest:
            total = float(values[np.isin(masks, chosen)].sum())
            if total > self.best + self.tolerance:
                self.best, self.chosen = total, chosen
            return
        if not networks:
            return
        if perf_counter() > self.end:
            self.open = max(self.open, bound)
            return
        tasks = [bit for bit in range(rest.bit_length()) if rest >> bit & 1]
        held = (masks[allowed][:, None] >> np.array(tasks)) & 1
        through = held[:, int(held.sum(0).argmin())] > 0
        for one in allowed[through].tolist():
            reached = bound - float(slack[one])
            if reached <= self.best + self.tolerance:
                return
            apart = (masks[allowed] & masks[one]) == 0
            fits = allowed[apart & (reached - slack[allowed] > self.best + self.tolerance)]
            self._branch(fits, rest ^ int(masks[one]), networks - 1, reached, [*chosen, int(masks[one])])
