"""Rows into train, val and test; then everything learned from train alone."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError, component
from workbench.encoders.base import FALLBACK, Encoder
from workbench.problems.base import SPLITS, Data, Problem, Raw, Texts
from workbench.problems.folds import fold_rows
from workbench.problems.shares import keeping, thin
from workbench.problems.strata import label_columns, take
from workbench.tasks.losses.base import Loss


def usual_reader(kind: str) -> Encoder:
    """The usual encoder for a kind of view, with its default settings."""
    return component("encoder", FALLBACK[kind])()  # type: ignore[return-value]


def prepare(
    problem: Problem,
    tasks: Sequence[str] | None = None,
    seed: int = 0,
    val_fraction: float = 0.2,
    test_fraction: float = 0.2,
    train_fraction: float = 1.0,
    reader: Callable[[str], Encoder] = usual_reader,
    losses: Mapping[str, Loss] | None = None,
    folds: int | None = None,
    fold: int = 0,
    label_fractions: Mapping[str, float] | None = None,
) -> Data:
    """A problem loaded, split and encoded, on the CPU.

    Splits depend on the problem, the seed and the fractions, never on the chosen tasks: a single-task baseline sees
    the same rows as the multi-task run. They are stratified by the joint label of the classification tasks where every
    combination is frequent enough, else by the first such task that is, else plain; where several data sets were put
    together, which of them a row is from counts as the first of these labels. Rows of one group stay together (then the
    fractions are those of the groups, and nothing is stratified). Rows that the source itself put into ``val`` or
    ``test`` stay there. Whatever encoding needs is learned from the training rows.

    Args:
        problem: where the rows come from.
        tasks: the tasks to keep; None for all.
        seed: of the split, and of the draw where a problem draws its examples.
        val_fraction: share of the rows that are not fixed by the source.
        test_fraction: the same for the test rows.
        train_fraction: share of the training rows that is kept; for one seed a smaller share is part of a larger one.
        reader: the encoder that will read views of a kind; it says how texts become numbers.
        losses: task -> what a label costs; a task that is not named keeps its own loss.
        folds: cut the rows into so many parts, of which one is the test split, instead of the test fraction.
        fold: which one, from 0.
        label_fractions: task -> share of its training labels that is kept; the others are hidden, as if they had never
            been there (validation and test keep theirs). Which ones follows from the seed, for every task by itself;
            a smaller share is part of a larger one.

    Raises:
        WorkbenchError: a task the problem lacks, bad data, a split without rows, a task without training labels, a loss
            that does not fit its task.
    """
    names = problem.check_tasks(tasks)
    raw = problem.load(seed)
    _check(problem, raw)
    if folds is None:
        splits = split_rows(problem, raw, seed, val_fraction, test_fraction)
    else:
        splits = fold_rows(problem, raw, seed, val_fraction, folds, fold)
    raw, splits = problem.compose(raw, splits, seed)
    splits["train"] = thin(splits["train"], label_columns(raw), train_fraction, seed)

    chosen = [task for task in raw.tasks if task.name in names]
    shares = label_fractions or {}
    targets, labelled = {}, {}
    for number, task in enumerate(raw.tasks):
        if task.name not in names:
            continue
        target, train = raw.targets[task.name], splits["train"]
        if task.name in shares:
            train = keeping(task, target, train, shares[task.name], [seed, 1 + number])
        task.fit(target[train])
        targets[task.name] = task.encode(target)
        if task.name in shares:
            hidden = torch.from_numpy(np.setdiff1d(splits["train"].numpy(), train.numpy()))
            targets[task.name][hidden] = torch.nan if targets[task.name].is_floating_point() else -100
        if losses and task.name in losses:
            losses[task.name].bind(task, targets[task.name][splits["train"]])
        present = task.present(targets[task.name])
        if not bool(present.all()):
            labelled[task.name] = present.flatten(1).any(1) if present.dim() > 1 else present
    views, codecs, cuts, fitted = {}, {}, {}, {}
    for name, view in raw.views.items():
        if isinstance(view, Texts):
            codecs[name] = reader(raw.kinds[name]).learn([view[row] for row in splits["train"].tolist()])
            views[name] = codecs[name].encode(view, max(map(len, view)))
            cuts[name] = view.cut
        else:
            views[name] = view if isinstance(view, Tensor) else view(splits["train"])
            if not isinstance(view, Tensor):
                fitted[name] = view
    for name, view in views.items():
        bad = ~torch.isfinite(view).flatten(1).all(dim=1)
        if bool(bad.any()):
            raise WorkbenchError(
                f"Problem {problem.name!r}: view {name!r} holds NaN or infinite values in row {int(bad.nonzero()[0])} "
                f"({int(bad.sum())} such rows); allowed: finite numbers."
            )
    return Data(
        views,
        raw.kinds,
        targets,
        chosen,
        splits,
        labelled,
        codecs,
        raw.sources,
        raw.row_weights,
        raw.augment,
        raw.source_names,
        fitted,
        cuts,
        {name: view for name, view in raw.views.items() if isinstance(view, Texts)},
    )


def split_rows(problem: Problem, raw: Raw, seed: int, val_fraction: float, test_fraction: float) -> dict[str, Tensor]:
    """``train`` / ``val`` / ``test`` -> row numbers, ascending.

    Raises:
        WorkbenchError: a split would have no rows.
    """
    rows = len(next(iter(raw.targets.values())))
    free = np.ones(rows, dtype=bool)
    found = {}
    for split, fixed in raw.fixed.items():
        found[split] = np.sort(fixed.numpy())
        free[found[split]] = False
    pool = np.flatnonzero(free)
    total = len(pool) if raw.groups is None else len(torch.unique(raw.groups[pool]))
    thing = "rows" if raw.groups is None else "groups"
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))  # for seeds of any size
    for split, fraction in (("test", test_fraction), ("val", val_fraction)):
        if split in found:
            continue
        count = round(fraction * total)
        if count == 0:
            raise WorkbenchError(
                f"Problem {problem.name!r}: {split}_fraction = {fraction:g} of {total} {thing} leaves the split "
                f"{split!r} empty; raise it, or bring more {thing}."
            )
        left = len(pool) if raw.groups is None else len(torch.unique(raw.groups[pool]))
        if count >= left:
            raise WorkbenchError(
                f"Problem {problem.name!r}: {total} {thing} are too few for a test split of {test_fraction:g}, a "
                f"validation split of {val_fraction:g} and a rest to train on."
            )
        pool, found[split] = take(pool, count, raw, random)
    found["train"] = pool
    empty = [split for split in SPLITS if len(found[split]) == 0]
    if empty:
        raise WorkbenchError(f"Problem {problem.name!r}: the split {empty[0]!r} has no rows.")
    return {split: torch.from_numpy(found[split]) for split in SPLITS}


def _check(problem: Problem, raw: Raw) -> None:
    """Views and targets fit together.

    Raises:
        WorkbenchError: every misfit at once.
    """
    where = f"Problem {problem.name!r}"
    lengths = {f"view {name!r}": len(view) for name, view in raw.views.items() if isinstance(view, Tensor | Texts)}
    lengths |= {f"target {name!r}": len(target) for name, target in raw.targets.items()}
    faults = [
        f"{where}: task {task.name!r} has no target; there are: {', '.join(raw.targets) or 'none'}."
        for task in raw.tasks
        if task.name not in raw.targets
    ]
    faults += [f"{where}: view {name!r} has no kind." for name in raw.views if name not in raw.kinds]
    if not raw.tasks or not raw.views:
        faults.append(f"{where}: there must be one task and one view at least.")
    if len(set(lengths.values())) > 1:
        faults.append(
            f"{where}: views and targets differ in length: " + ", ".join(f"{k} {n}" for k, n in lengths.items()) + "."
        )
    faults += [
        f"{where}: rows can be fixed to 'val' or 'test', found {split!r}."
        for split in raw.fixed
        if split not in ("val", "test")
    ]
    if raw.row_weights is not None and not bool((raw.row_weights >= 0).all()):
        row = int((~(raw.row_weights >= 0)).nonzero()[0])
        faults.append(f"{where}: row {row} has the weight {raw.row_weights[row]:g}; allowed: at least 0.")
    if faults:
        raise WorkbenchError(*faults)
