"""Groups by how much tasks help each other in pairs.

With the affinity ``Z_ij`` of task i to task j a task j scores in a group S the mean over its companions,

    ``score_j(S) = 1 / (|S| − 1) · Σ over i ∈ S \\ {j} of Z_ij``

and alone a given number, 0 by default. Choose at most B groups, which may overlap, that maximise the sum over the tasks
of their best score (Fifty et al., NeurIPS 2021, arXiv 2109.04617).

The groups need not be searched one by one. Every task is served by one group, so the served sets P partition the tasks;
and a group that serves P may hold helpers H, tasks that are served elsewhere. Its total

    ``v(P, H) = (Σ_{j ∈ P} Σ_{i ∈ P \\ {j}} Z_ij + Σ_{h ∈ H} Σ_{j ∈ P} Z_hj) / (|P| + |H| − 1)``

is additive in the helpers, so that for every number of them the best are those of largest ``Σ_{j ∈ P} Z_hj``. What is
left is to partition K tasks into at most B sets of largest total value ``v(P) = max_H v(P, H)``. Helpers cost
nothing by this measure, so that good companions are in every group; without them the groups are the partition itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.affinities.grouping.check import repeated
from workbench.component import WorkbenchError

#: totals that differ by less, relative to the largest number there is, are equal
TOLERANCE = 1e-10
#: sets of tasks that are valued at once, in numbers of the largest array
CHUNK = 1 << 19


@dataclass(frozen=True, eq=False)
class Pairwise:
    """How much tasks help each other, and what each scores alone.

    Attributes:
        matrix: ``[K, K]``, rows help columns, larger is more help; the diagonal does not count.
        names: of the tasks.
        alone: score of each task alone, ``[K]`` or one number for all.
        helpers: tasks may be trained in a group only because they help there; otherwise groups do not overlap.

    Raises:
        WorkbenchError: everything that is wrong, a sentence each; above all an affinity that is not known (NaN):
            whatever stood for it, the best groups would depend on it.
    """

    matrix: np.ndarray
    names: Sequence[str]
    alone: np.ndarray | float | Sequence[float] = 0.0
    helpers: bool = True

    def __post_init__(self) -> None:
        try:
            matrix, given = np.array(self.matrix, dtype=float), np.asarray(self.alone, dtype=float)
        except (TypeError, ValueError) as error:
            raise WorkbenchError(f"Affinities and scores alone are numbers: {error}.") from error
        names = tuple(map(str, self.names))
        K = len(names)
        if not K or matrix.shape != (K, K):
            raise WorkbenchError(
                f"An affinity map has a row and a column for each task, not shape {matrix.shape} for {K} tasks."
            )
        found = [f"The affinity map has more than one task named {name!r}." for name in repeated(names)]
        np.fill_diagonal(matrix, 0.0)
        unknown = [f"{names[i]!r} to {names[j]!r}" for i, j in np.argwhere(~np.isfinite(matrix))]
        if unknown:
            more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
            found.append(
                f"The affinity of {', '.join(unknown[:3])}{more} is no finite number: measure it, leave the task out, "
                "or put 0 for neither help nor harm."
            )
        if given.shape not in ((), (K,)) or not np.isfinite(given).all():
            found.append(f"The score alone is a finite number, or one for each of the {K} tasks, not {self.alone!r}.")
        if found:
            raise WorkbenchError(*found)
        alone = np.broadcast_to(given, K).copy()
        for name, value in {"matrix": matrix, "names": names, "alone": alone}.items():
            object.__setattr__(self, name, value)

    @property
    def scale(self) -> float:
        """The largest number there is: differences far below it are rounding."""
        return float(max(np.abs(self.matrix).max(), np.abs(self.alone).max()))

    def values(self, served: np.ndarray) -> np.ndarray:
        """``v(P)`` of served sets ``bool[m, K]``, 0 for the empty one, ``[m]``; ``O(m K (K + log K))``."""
        return self._with_helpers(served)[0]

    def groups(self, served: np.ndarray) -> np.ndarray:
        """The group that reaches ``v(P)`` for each served set, with as few helpers as possible, ``bool[m, K]``."""
        _, count, gifts = self._with_helpers(served)
        rank = np.argsort(np.argsort(-gifts, axis=1, kind="stable"), axis=1)
        return served | (rank < count[:, None])

    def _with_helpers(self, served: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``v(P)``, the number of helpers that takes, and what each task outside would give to P."""
        inside = served.astype(float)
        gifts = inside @ self.matrix.T
        own = (gifts * inside).sum(1)
        size = inside.sum(1)
        gifts[served] = -np.inf
        totals = np.empty((len(served), len(self.names) + 1))
        totals[:, 0] = own
        totals[:, 1:] = np.sort(gifts, axis=1)[:, ::-1]
        np.cumsum(totals, axis=1, out=totals)
        companions = size[:, None] - 1 + np.arange(len(self.names) + 1)
        totals /= np.where(companions > 0, companions, 1.0)
        totals[size == 0 if self.helpers else slice(None), 1:] = -np.inf
        lonely = size == 1
        totals[lonely, 0] = inside[lonely] @ self.alone
        count = totals.argmax(1)
        return totals[np.arange(len(totals)), count], count, gifts

    def table(self, tasks: Sequence[int]) -> np.ndarray:
        """``v(P)`` of every set P of the given tasks, ``[2^n]``: bit i of the place stands for the i-th of them.

        Helpers are all tasks, the given and the others.
        """
        n, K = len(tasks), len(self.names)
        step = 1 << min(n, max(0, (CHUNK // (K + 1)).bit_length() - 1))
        values = np.empty(1 << n)
        for first in range(0, 1 << n, step):
            served = np.zeros((step, K), dtype=bool)
            served[:, list(tasks)] = (np.arange(first, first + step)[:, None] >> np.arange(n)) & 1
            values[first : first + step] = self.values(served)
        return values

    def scores(self, groups: np.ndarray) -> np.ndarray:
        """Score of every task in every group ``bool[m, K]``, by the definition; −inf where it is not in it."""
        companions = groups.sum(1, keepdims=True) - 1
        mean = groups.astype(float) @ self.matrix / np.maximum(companions, 1)
        return np.where(groups, np.where(companions > 0, mean, self.alone), -np.inf)
