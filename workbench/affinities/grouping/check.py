"""What can be wrong with a table of measured results."""

from collections.abc import Sequence

import numpy as np

from workbench.component import WorkbenchError


def named_direction(lower_is_better: object) -> bool:
    """The direction, if it is one.

    Raises:
        WorkbenchError: it is neither True nor False.
    """
    if isinstance(lower_is_better, bool | np.bool_):
        return bool(lower_is_better)
    raise WorkbenchError(
        f"A table of results does not say what is good: give lower_is_better=True (losses, errors) or False "
        f"(accuracies, gains), not {lower_is_better!r}."
    )


def faults(names: Sequence[str], values: np.ndarray, costs: np.ndarray, places: Sequence[str], title: str) -> list[str]:
    """Everything that is wrong, a sentence each.

    Args:
        names: of the tasks.
        values: ``[n, K]``, NaN where the task is not in the network.
        costs: ``[n]``.
        places: where each row stands.
        title: what the table is called.
    """
    if values.ndim != 2 or values.shape[1] != len(names) or costs.shape != (len(values),):
        return [
            f"{title} takes a value per network and task and a cost per network, not shapes {values.shape} and "
            f"{costs.shape} for {len(names)} tasks."
        ]
    if not values.size:
        return [f"{title} holds no networks: it takes a column per task and a row per network."]
    found = [f"{title} has more than one task named {name!r}." for name in repeated(names)]
    members = ~np.isnan(values)
    rows: dict[tuple[bytes, float], str] = {}
    for place, row, member, cost in zip(places, values, members, costs, strict=True):
        found += [
            f"{place}, column {names[task]!r}: {row[task]} is not a finite number."
            for task in np.flatnonzero(np.isinf(row)).tolist()
        ]
        if not (np.isfinite(cost) and cost > 0):
            found.append(f"{place}: a network costs more than 0, not {cost:g}.")
        if not member.any():
            found.append(f"{place}: the network has no value for any task.")
            continue
        before = rows.setdefault((member.tobytes(), float(cost)), place)
        if before != place:
            group = " + ".join(names[task] for task in np.flatnonzero(member).tolist())
            found.append(
                f"{place}: a network of {group} with cost {cost:g} is in {before[0].lower() + before[1:]} already; "
                "give one row per network, the mean of repeated runs."
            )
    found += [
        f"{title} has no network that trains task {names[task]!r}." for task in np.flatnonzero(~members.any(0)).tolist()
    ]
    return found


def repeated(names: Sequence[str]) -> list[str]:
    """Names that are there more than once."""
    return sorted({name for name in names if list(names).count(name) > 1})
