"""One call for every kind of source."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import numpy as np

from workbench.affinities.grouping import partition, search
from workbench.affinities.grouping.measured import Measured
from workbench.affinities.grouping.pairwise import Pairwise
from workbench.affinities.grouping.result import Grouping
from workbench.component import WorkbenchError, one_of

Search = Literal["auto", "exhaustive", "branch_and_bound"]
SEARCHES = ("auto", "exhaustive", "branch_and_bound")
#: most tasks that ``auto`` searches exhaustively by affinity
FEW = 7


def grouping(
    source: Any,
    networks: float,
    *,
    names: Sequence[str] | None = None,
    lower_is_better: bool | None = None,
    alone: float | Sequence[float] = 0.0,
    helpers: bool = True,
    seconds: float = 10.0,
    search: Search = "auto",
) -> Grouping:
    """Which tasks train together under a budget of networks.

    Groups may overlap, and each task is answered by the network that serves it best: a task may be trained in a
    network only because it helps there. By affinity such a helper costs nothing, and where all affinities are above 0
    the groups come close to one network for all; ``helpers=False`` gives groups that do not overlap.

    Args:
        source: measured results (``Measured``, the path of a CSV file, or a DataFrame with a column per task and a row
            per network) or affinities, rows help columns (an object with ``.matrix`` and ``.names``, a square array,
            or a DataFrame whose rows and columns have the same names).
        networks: the budget; for measured results what the networks may cost together.
        names: of the tasks, for an array.
        lower_is_better: of the results in a CSV file or DataFrame.
        alone: what a task scores in a network of its own, by affinity; one number, or one per task.
        helpers: by affinity, groups may overlap.
        seconds: stop the search then, with the best groups so far and a proven bound on all others.
        search: ``"exhaustive"`` looks at everything, whatever time it takes; ``"auto"`` does so by affinity for up to
            7 tasks, and is branch and bound otherwise. All give the best groups, if time allows.

    Raises:
        WorkbenchError: a budget below 1, a source that is none of these, or what is wrong in it, a sentence each.

    >>> import numpy as np, workbench as wb
    >>> Z = np.array([[0, 0.5, -0.2], [0.3, 0, -0.1], [0.2, 0.1, 0]])
    >>> from workbench.affinities.grouping import grouping
    >>> grouping(Z, 2, names=["cat", "dog", "car"])
    3 tasks in 2 networks, cost 2 of 2
      network 1 answers for car
      network 2 answers for cat, dog
      score      0.8 (higher is better)
      all in one 0.4
      all apart  0 (3 networks)
      proven: no grouping within the budget is better
    """
    if search not in SEARCHES:
        raise WorkbenchError(f"There is no search {search!r}; {one_of(search, SEARCHES)}.")
    if isinstance(networks, bool) or not (_is_finite(networks) and networks >= 1):
        raise WorkbenchError(f"The budget is a number of networks of at least 1, not {networks!r}.")
    if not _is_finite(seconds) or seconds <= 0:
        raise WorkbenchError(f"The search takes a time of more than 0 seconds, not {seconds!r}.")
    found = _source(source, names, lower_is_better, alone, helpers)
    if isinstance(found, Measured):
        return _of_table(found, networks, seconds, search)
    return _of_map(found, networks, seconds, search)


def _of_table(measured: Measured, budget: float, seconds: float, how: Search) -> Grouping:
    if how == "exhaustive":
        return search.exhaustive(measured, budget)
    return search.branch_and_bound(measured, budget, seconds)


def _of_map(pairwise: Pairwise, networks: float, seconds: float, how: Search) -> Grouping:
    if networks != int(networks):
        raise WorkbenchError(f"By affinity every network costs 1: the budget is a whole number, not {networks!r}.")
    if how == "exhaustive" or (how == "auto" and len(pairwise.names) <= FEW):
        return partition.exhaustive(pairwise, int(networks))
    return partition.branch_and_bound(pairwise, int(networks), seconds)


def _source(
    source: Any,
    names: Sequence[str] | None,
    lower_is_better: bool | None,
    alone: float | Sequence[float],
    helpers: bool,
) -> Measured | Pairwise:
    if isinstance(source, Measured):
        return source
    if hasattr(source, "matrix") and hasattr(source, "names"):
        return Pairwise(source.matrix, source.names, alone, helpers)
    if hasattr(source, "columns"):
        if [*source.columns] == [*source.index]:
            return Pairwise(source.to_numpy(), [*source.columns], alone, helpers)
        return Measured.read(source, lower_is_better)  # type: ignore[arg-type]  # says what is missing
    if isinstance(source, str | Path):
        return Measured.read(source, lower_is_better)  # type: ignore[arg-type]
    if not isinstance(source, np.ndarray | list | tuple):
        raise WorkbenchError(
            "Tasks are grouped by measured results (Measured, a CSV file, a DataFrame) or by affinities (an Affinity, "
            f"a square array with names=), not by {type(source).__name__}."
        )
    if names is None:
        raise WorkbenchError("An array of affinities has no names: give names=[...], one per task.")
    return Pairwise(source, names, alone, helpers)  # type: ignore[arg-type]  # makes an array of it


def _is_finite(number: Any) -> bool:
    return isinstance(number, int | float | np.number) and isfinite(number)
