"""What if, from here on: a run again up to a step, and then with other weights or another learning rate."""

import os
from collections.abc import Mapping
from typing import Any

from workbench.component import WorkbenchError, short
from workbench.runs.run import Run
from workbench.runs.session import Session
from workbench.runs.steering import is_rate
from workbench.runs.train import start, train


def branch(
    run: Run,
    step: int,
    *,
    weights: Mapping[str, float] | None = None,
    lr: float | None = None,
    name: str | None = None,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
) -> Run:
    """Train a run's spec again with its steering up to ``step``, then with other task weights or learning rate.

    Up to that step its numbers are those of the run (on a CPU to the last digit). What was steered after ``step``
    updates or later is not done again. Its note says where it comes from; it is replayed, shared and branched like any
    run.

    Args:
        run: finished, stopped, failed, interrupted, or still in progress.
        step: updates that stay as they were, from 0.
        weights: task -> weight from then on; tasks left out keep theirs. Only where the weighting leaves them to you.
        lr: learning rate from then on, before the factor of its schedule.
        name: for the folder of the new run; by default that of the run's spec.
        progress, out: as for ``train``.

    Raises:
        WorkbenchError: a step that the run has not reached or after which nothing comes, weights of a weighting that
            computes its own, an unknown task, a value out of range, or nothing to change.
    """
    steering = branched(run, step, weights=weights, lr=lr)
    made = train(run.spec if name is None else run.spec.replace(name=name), progress, out, steering)
    made.note(_origin(run, step, weights, lr))
    return made


def start_branch(
    run: Run, step: int, *, weights: Mapping[str, float] | None = None, lr: float | None = None
) -> Session:
    """The same in a thread of its own, in the default store; returns at once with the session that steers it.

    Raises:
        WorkbenchError: as ``branch``.
    """
    session = start(run.spec, steering=branched(run, step, weights=weights, lr=lr))
    session.run.note(_origin(run, step, weights, lr))
    return session


def _origin(run: Run, step: int, weights: Mapping[str, float] | None, lr: float | None) -> str:
    changes = [f"{key} = {value:g}" for key, value in (("lr", lr), *(weights or {}).items()) if value is not None]
    return f"Branch of {run.path.name} after step {step}: {', '.join(changes)}."


def branched(
    run: Run, step: int, *, weights: Mapping[str, float] | None = None, lr: float | None = None
) -> list[dict[str, Any]]:
    """The steering of that branch, for ``wb.start(run.spec, steering=…)``.

    Raises:
        WorkbenchError: as ``branch``, where the spec alone can tell.
    """
    summary = run.summary
    last = summary["steps"] - (summary["status"] == "done")  # after the last step of a run that is done nothing comes
    faults = []
    if not (isinstance(step, int) and not isinstance(step, bool) and 0 <= step <= last):
        faults.append(
            f"branch(step=…) should be a whole number from 0 to {last} for run {run.path.name!r}, found {short(step)}."
        )
    if lr is not None and not is_rate(lr):
        faults.append(f"branch(lr=…) should be a number above 0, found {short(lr)}.")
    if weights is not None and not (isinstance(weights, Mapping) and weights):
        faults.append(f"branch(weights=…) should be pairs such as {{'ink': 3.0}}, found {short(weights)}.")
    if weights is None and lr is None:
        faults.append("branch needs other weights or another lr; wb.replay does a run again as it was.")
    if faults:
        raise WorkbenchError(*faults)
    change: dict[str, Any] = {"step": step, "command": "set"}
    change |= {} if lr is None else {"lr": float(lr)}
    change |= {} if weights is None else {"weights": dict(weights)}
    return [*(command for command in run.steering if command["step"] < step), change]
