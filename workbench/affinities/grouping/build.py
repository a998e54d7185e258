"""What a search found, as a ``Grouping``."""

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.affinities.grouping.measured import Measured
from workbench.affinities.grouping.pairwise import TOLERANCE, Pairwise
from workbench.affinities.grouping.result import Grouping
from workbench.component import WorkbenchError


def evaluate(grouping: Grouping, measured: Measured) -> Grouping:
    """The same networks answering for the same tasks, by another table: chosen on validation, reported on test.

    Args:
        grouping: of a table with the same tasks.
        measured: a table with the same networks.

    Raises:
        WorkbenchError: other tasks, or a network that is not in the table.
    """
    names = list(measured.names)
    if names != list(grouping.names):
        raise WorkbenchError(f"The grouping is of tasks {', '.join(grouping.names)}, the table of {', '.join(names)}.")
    chosen = []
    for group, cost in zip(grouping.groups, grouping.costs, strict=True):
        wanted = np.isin(names, group)
        rows = np.flatnonzero((measured.members == wanted).all(1) & (measured.prices == cost))
        if not len(rows):
            raise WorkbenchError(f"The table has no network of {' + '.join(group)} with cost {cost:g}.")
        chosen.append(int(rows[0]))
    return of_networks(measured, chosen, grouping.served_by, np.nan, grouping.budget, grouping.method, 0, 0.0)


def of_networks(
    measured: Measured,
    chosen: Sequence[int],
    served_by: Mapping[str, int],
    bound: float | None,
    budget: float,
    method: str,
    visited: int,
    seconds: float,
) -> Grouping:
    """The given rows of a table as groups; no bound: they are the best."""
    names = list(measured.names)
    table = dict(zip(names, measured.values.T, strict=True))
    scores = {name: float(table[name][chosen[number]]) for name, number in served_by.items()}
    return Grouping(
        names=names,
        groups=[[name for name, inside in zip(names, measured.members[row], strict=True) if inside] for row in chosen],
        served_by=dict(served_by),
        scores=scores,
        scores_alone=dict(zip(names, measured.alone().tolist(), strict=True)),
        scores_all_in_one=dict(zip(names, measured.together().tolist(), strict=True)),
        bound=sum(scores.values()) if bound is None else bound,
        costs=measured.prices[list(chosen)].tolist(),
        budget=budget,
        lower_is_better=measured.lower_is_better,
        method=method,
        visited=visited,
        seconds=seconds,
    )


def of_sets(
    pairwise: Pairwise, served: np.ndarray, bound: float, networks: int, method: str, visited: int, seconds: float
) -> Grouping:
    """Groups of served sets; equal groups are one, and each task is served by its best."""
    names = list(pairwise.names)
    groups = np.unique(pairwise.groups(served[served.any(1)]), axis=0)
    best = pairwise.scores(groups).argmax(0)
    groups = groups[sorted(set(best.tolist()))]
    table = pairwise.scores(groups)
    serving = table.argmax(0)
    scores = {name: float(table[serving[task], task]) for task, name in enumerate(names)}
    total = sum(scores.values())
    if bound <= total + 2 * len(names) * TOLERANCE * pairwise.scale:
        bound = total
    together = pairwise.scores(np.ones((1, len(names)), dtype=bool))[0]
    return Grouping(
        names=names,
        groups=[[name for name, inside in zip(names, group, strict=True) if inside] for group in groups],
        served_by={name: int(serving[task]) for task, name in enumerate(names)},
        scores=scores,
        scores_alone=dict(zip(names, np.asarray(pairwise.alone).tolist(), strict=True)),
        scores_all_in_one=dict(zip(names, together.tolist(), strict=True)),
        bound=float(bound),
        costs=[1.0] * len(groups),
        budget=networks,
        lower_is_better=False,
        method=method,
        visited=visited,
        seconds=seconds,
    )
