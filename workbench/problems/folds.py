"""Folds: the rows cut into parts, each of which is the test split once."""

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.problems.base import SPLITS, Problem, Raw
from workbench.problems.strata import label_columns, strata, take


def fold_rows(problem: Problem, raw: Raw, seed: int, val_fraction: float, folds: int, fold: int) -> dict[str, Tensor]:
    """``train`` / ``val`` / ``test`` -> row numbers, ascending; the test split is one of ``folds`` parts of the rows.

    The parts follow from the seed alone, are stratified like splits, and keep groups together. The validation rows are
    taken from the rest, ``val_fraction`` of all rows (or groups).

    Args:
        problem: named in error sentences.
        raw: the rows.
        seed: of the parts.
        val_fraction: share of all rows kept for validation.
        folds: number of parts, K.
        fold: which part is the test split, from 0.

    Raises:
        WorkbenchError: fewer rows (or groups) than parts, or a test split that the source itself set.
    """
    from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

    where = f"Problem {problem.name!r}"
    if "test" in raw.fixed:
        raise WorkbenchError(
            f"{where} brings its own test split, so there is nothing to cut into {folds} folds; leave folds out, or "
            "give it all rows as one set."
        )
    rows = np.arange(len(next(iter(raw.targets.values()))))
    fixed = raw.fixed.get("val", torch.empty(0, dtype=torch.int64)).numpy()
    pool = np.setdiff1d(rows, fixed)
    groups = None if raw.groups is None else raw.groups.numpy()[pool]
    units = len(pool) if groups is None else len(np.unique(groups))
    thing = "rows" if groups is None else "groups"
    if units < folds or units - -(-units // folds) < 2:
        raise WorkbenchError(f"{where}: {units} {thing} are too few for {folds} folds and a rest to validate on.")
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
    labels = strata([column[pool] for column in label_columns(raw)], len(pool) // folds, folds)
    if groups is not None:
        kind = StratifiedGroupKFold
        labels = np.zeros(len(pool)) if labels is None else labels
    else:
        kind = KFold if labels is None else StratifiedKFold
    parts = kind(folds, shuffle=True, random_state=random).split(pool, labels, groups)
    rest, test = list(parts)[fold]
    found = {"test": pool[test], "train": pool[rest], "val": np.sort(fixed)}
    if not len(fixed):
        left = len(rest) if groups is None else len(np.unique(groups[rest]))
        count = min(max(1, round(val_fraction * units)), left - 1)
        random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence([seed, fold])))
        found["train"], found["val"] = take(pool[rest], count, raw, random)
    return {split: torch.from_numpy(found[split]) for split in SPLITS}
