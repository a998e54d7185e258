"""Taking rows out of a pool so that labels keep their shares and groups stay together."""

import numpy as np

from workbench.problems.base import Raw
from workbench.tasks.classification import Classification


def take(pool: np.ndarray, count: int, raw: Raw, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """The pool without the ``count`` rows (or groups) taken out of it, and those taken; both ascending."""
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

    if raw.groups is not None:
        splitter = GroupShuffleSplit(1, test_size=count, random_state=random)
        stay, go = next(splitter.split(pool, groups=raw.groups.numpy()[pool]))
    else:
        labels = strata([column[pool] for column in label_columns(raw)], min(count, len(pool) - count))
        kind = ShuffleSplit if labels is None else StratifiedShuffleSplit
        stay, go = next(kind(1, test_size=count, random_state=random).split(pool, labels))
    return np.sort(pool[stay]), np.sort(pool[go])


def label_columns(raw: Raw) -> list[np.ndarray]:
    """Which data set a row is from, if there are several, and the labels of every classification, missing ones -100."""
    sources = [] if raw.sources is None else [raw.sources.numpy()]
    tasks = [task for task in raw.tasks if isinstance(task, Classification)]
    return sources + [task.encode(raw.targets[task.name]).numpy() for task in tasks]


def strata(columns: list[np.ndarray], smallest: int, least: int = 2) -> np.ndarray | None:
    """The finest usable labels: each seen ``least`` times, and no more of them than rows in the smallest part."""
    if not columns:
        return None
    for candidate in (np.stack(columns, axis=1), *(column[:, None] for column in columns)):
        _, labels, counts = np.unique(candidate, axis=0, return_inverse=True, return_counts=True)
        if 1 < len(counts) <= smallest and counts.min() >= least:
            return labels.reshape(-1)
    return None
