"""A spec and its single-task baseline, trained on growing shares of the training rows."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any, Literal

from workbench.component import WorkbenchError, one_of, short
from workbench.problems.shares import kept
from workbench.runs.arguments import check_numbers, check_seeds, check_spec
from workbench.runs.baseline import baseline_spec, same
from workbench.runs.learning_curve.result import METHODS, LearningCurve, outcomes
from workbench.runs.run import Run
from workbench.runs.sweep.scheduler import sweep
from workbench.spec import Spec
from workbench.training.experiment import load

__all__ = ["learning_curve"]

EQUAL = ("steps", "epochs")


def learning_curve(
    spec: Spec,
    fractions: Iterable[float] = (0.05, 0.1, 0.2, 0.5, 1),
    seeds: Iterable[int] = range(3),
    executor: Executor | str | None = None,
    workers: int | None = None,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
    equal: Literal["steps", "epochs"] = "steps",
) -> LearningCurve:
    """Multi-task learning against single tasks, at several shares of the training rows.

    For one seed validation and test rows are the same at every share, and the training rows of a smaller share are part
    of those of a larger one; a new seed draws all of them anew. Both methods see the same rows. All runs go through
    ``wb.sweep``, so that finished ones in the store are used again.

    With fewer rows an epoch has fewer steps. So that nobody learns less merely for having trained shorter, the epochs
    grow until every share has about the steps of the full training split; validation, at the end of each epoch, then
    chooses among more models. A batch that is larger than the rows is made as large as these.

    Args:
        spec: the multi-task spec; its ``train_fraction`` and ``seed`` are replaced.
        fractions: shares of the training rows, above 0, at most 1.
        seeds: one pair of runs each at every share; at least two for intervals.
        executor: as for ``wb.sweep``: an executor, or the address of a Dask scheduler; default: local processes.
        workers: as for ``wb.sweep``.
        progress: show a progress bar of runs.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.
        equal: what is the same at every share: ``steps``, or ``epochs`` (those of the spec).

    Raises:
        WorkbenchError: a share or seed that is not allowed, a spec without anything to compare; as ``wb.sweep``.
    """
    check_spec("learning_curve", spec)
    where = "learning_curve(fractions=…)"
    shares = check_numbers(where, fractions, "numbers above 0 and at most 1", _is_share)
    numbers = check_seeds("learning_curve", seeds)
    faults = _faults(spec, equal)
    if faults:
        raise WorkbenchError(*faults)
    specs: dict[tuple[float, int, str], Spec] = {}
    rows: dict[tuple[float, int], int] = {}
    for seed in numbers:
        seeded = spec.replace(seed=seed, train_fraction=1.0)
        whole = len(load(seeded, seeded.build("encoder")).splits["train"])
        for share in shares:
            rows[share, seed] = kept(whole, share)
            multi = at_share(seeded, share, whole, equal)
            specs |= {(share, seed, METHODS[0]): multi, (share, seed, METHODS[1]): baseline_spec(multi)}
    runs = sweep(specs.values(), executor, workers=workers, progress=progress, out=out)
    found: dict[tuple[float, int, str], Run] = dict(zip(specs, runs, strict=True))
    places = {key: rows[key[:2]] for key in found}
    return LearningCurve(outcomes(found, places), found, places)


def at_share(spec: Spec, share: float, whole: int, equal: str = "steps") -> Spec:
    """The spec on a share of its training rows, with about as many steps as on all of them.

    Args:
        whole: training rows of the full split.
        equal: as for ``learning_curve``.
    """
    rows = kept(whole, share)
    batch, most = min(spec.batch_size, rows), min(spec.batch_size, whole)
    epochs = spec.epochs
    if equal == "steps":
        steps = spec.epochs * -(-whole // most)
        epochs = max(1, round(steps / -(-rows // batch)))
    return spec.replace(train_fraction=float(share), batch_size=batch, epochs=epochs)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _faults(spec: Spec, equal: Any) -> list[str]:
    """What is wrong with the spec and what is to be equal, one sentence each."""
    faults = []
    if equal not in EQUAL:
        faults.append(f"learning_curve(equal={short(equal)}) is unknown: {one_of(str(equal), EQUAL)}.")
    if same(spec, baseline_spec(spec)):
        faults.append(
            "learning_curve: with fusion 'independent' and equal weights this spec is its own single-task baseline; "
            "choose a fusion that shares, such as 'shared'."
        )
    return faults
