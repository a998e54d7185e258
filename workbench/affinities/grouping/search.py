"""The best networks of a table of measured results, under a budget.

Of networks ``S`` with cost ``c_S`` and losses ``L_j(S)`` choose the family ``F`` that minimises

    ``Σ_j min over S ∈ F with j ∈ S of L_j(S)``   with   ``Σ over S ∈ F of c_S ≤ B``

so that every task is in a network of ``F`` (Standley et al., ICML 2020, arXiv 1905.07553; accuracies count as losses
with their sign turned). That is weighted set cover, NP-hard: with n networks, all of cost 1, exhaustive search looks
at ``O(n^B)`` families. Branch and bound looks at as many at worst, and at a small part of them as a rule.
"""

from time import perf_counter

import numpy as np

from workbench.affinities.grouping.build import of_networks
from workbench.affinities.grouping.measured import Measured
from workbench.affinities.grouping.result import Grouping
from workbench.component import WorkbenchError

#: budgets are sums of costs, which are rounded
SLACK = 1e-9


class _Search:
    """What both searches share: the best family so far, and what of the tree is left open."""

    def __init__(self, measured: Measured, budget: float, seconds: float | None) -> None:
        self.losses, self.costs = measured.losses, measured.prices
        self.best, self.chosen = np.inf, list[int]()
        self.open = np.inf
        self.visited = 0
        self.budget = budget + SLACK
        self.end = np.inf if seconds is None else perf_counter() + seconds

    def keep(self, total: float, chosen: list[int]) -> None:
        if total < self.best:
            self.best, self.chosen = total, chosen

    def exhaust(self, first: int, current: np.ndarray, left: float, chosen: list[int]) -> None:
        """Every family that adds networks from ``first`` on."""
        fits = first + np.flatnonzero(self.costs[first:] <= left)
        if not len(fits):
            return
        joined = np.minimum(current, self.losses[fits])
        totals = joined.sum(1)
        self.visited += len(fits)
        best = int(totals.argmin())
        self.keep(totals[best], [*chosen, int(fits[best])])
        cheapest = self.costs[fits].min()
        for network, row in zip(fits.tolist(), joined, strict=True):
            if self.costs[network] + cheapest <= left:
                self.exhaust(network + 1, row, left - self.costs[network], [*chosen, network])

    def branch(
        self, allowed: np.ndarray, current: np.ndarray, served: np.ndarray, left: float, chosen: list[int]
    ) -> None:
        """Families that add networks out of ``allowed``: first those with the one that gains most, then without it.

        Args:
            current: best loss of every task so far; of a task without a network its worst loss in the table.
            served: which tasks have a network.
        """
        self.visited += 1
        if served.all():
            self.keep(current.sum(), chosen)
        gains = np.maximum(current - self.losses[allowed], 0).sum(1)
        serves = (np.isfinite(self.losses[allowed]) & ~served).any(1)
        useful = (self.costs[allowed] <= left) & ((gains > 0) | serves)
        allowed, rate = allowed[useful], (gains / self.costs[allowed])[useful]
        order = np.argsort(-rate, kind="stable")
        allowed, gains = allowed[order], gains[useful][order]
        bounds = self._bounds(allowed, gains, current, served, left)
        for place, network in enumerate(allowed.tolist()):
            if bounds[place] >= self.best:
                return
            if self.chosen and perf_counter() > self.end:
                self.open = min(self.open, bounds[place])
                return
            loss = self.losses[network]
            self.branch(
                allowed[place + 1 :],
                np.minimum(current, loss),
                served | np.isfinite(loss),
                left - self.costs[network],
                [*chosen, network],
            )

    def _bounds(
        self, allowed: np.ndarray, gains: np.ndarray, current: np.ndarray, served: np.ndarray, left: float
    ) -> np.ndarray:
        """Below which no family comes that adds networks from each place of ``allowed`` on, ``[n]``.

        It is the larger of ``Σ_j min(current_j, lowest loss of j from there on)``, infinite where a task is left
        without a network, and of ``Σ_j current_j`` minus the gains of the networks from there on that fit, the last
        one in part, those of most gain per cost first: each gains at most what it gains now.
        """
        from_here = np.minimum.accumulate(self.losses[allowed][::-1], axis=0)[::-1]
        lowest = np.where(served, np.minimum(current, from_here), from_here).sum(1)
        costs = self.costs[allowed]
        spent = np.concatenate([[0.0], np.cumsum(costs)])
        gained = np.concatenate([[0.0], np.cumsum(gains)])
        ends = np.minimum(spent[:-1] + left, spent[-1])
        by_gain = current.sum() - (np.interp(ends, spent, gained) - gained[:-1])
        return np.maximum(lowest, by_gain)


def exhaustive(measured: Measured, budget: float) -> Grouping:
    """The best family, by looking at every one.

    Args:
        measured: what every network reaches.
        budget: what the networks may cost together.

    Raises:
        WorkbenchError: no family within the budget serves every task.
    """
    search, start = _Search(measured, budget, None), perf_counter()
    search.exhaust(0, np.full(len(measured.names), np.inf), search.budget, [])
    return _grouping(measured, search, budget, "exhaustive", perf_counter() - start)


def branch_and_bound(measured: Measured, budget: float, seconds: float | None = None) -> Grouping:
    """The best family, without looking where it cannot be.

    Args:
        measured: what every network reaches.
        budget: what the networks may cost together.
        seconds: stop then, once there is a family, with the best so far and a bound on the others; None: go on.

    Raises:
        WorkbenchError: no family within the budget serves every task.
    """
    search, start = _Search(measured, budget, seconds), perf_counter()
    finite = np.where(measured.members, search.losses, -np.inf)
    unserved = np.zeros(len(measured.names), dtype=bool)
    search.branch(np.arange(len(search.costs)), finite.max(0), unserved, search.budget, [])
    return _grouping(measured, search, budget, "branch_and_bound", perf_counter() - start)


def _grouping(measured: Measured, search: _Search, budget: float, method: str, seconds: float) -> Grouping:
    if not search.chosen:
        raise WorkbenchError(
            f"No networks of the table serve all {len(measured.names)} tasks within a budget of {budget:g}."
        )
    losses = measured.losses[search.chosen]
    best = losses.argmin(0)
    chosen = [search.chosen[place] for place in sorted(set(best.tolist()))]  # a network that answers for none is none
    served_by = {name: chosen.index(search.chosen[best[task]]) for task, name in enumerate(measured.names)}
    bound = None if search.open >= search.best else search.open if measured.lower_is_better else -search.open
    return of_networks(measured, chosen, served_by, bound, budget, method, search.visited, seconds)
