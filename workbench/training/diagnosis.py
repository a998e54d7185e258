"""When numbers stop being numbers: one sentence that says which task, which tensor, and what to do."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.fusions.several import Several
from workbench.training.experiment import Experiment


class Diverged(WorkbenchError):
    """A loss or gradient is no longer finite."""


def diagnosis(
    exp: Experiment,
    number: int,
    active: Sequence[int],
    losses: Sequence[float],
    views: dict[str, Tensor] | None = None,
    outputs: dict[str, Any] | None = None,
    rows: Sequence[int] = (),
) -> str:
    """One sentence: which task, which tensor, what to do.

    Args:
        exp: whose step it was.
        number: of the step.
        active: positions of its tasks.
        losses: theirs.
        views, outputs: of the batch, where they are still there.
        rows: which of these tasks have a gradient that is not finite, where that is known.
    """
    broken = [(exp.names[i], loss) for i, loss in zip(active, losses, strict=True) if not math.isfinite(loss)]
    task, loss = broken[0] if broken else (exp.names[active[0]], None)
    what = (
        f"The loss of task {task!r} became {loss} at step {number}"
        if broken
        else f"The gradient of {_whose(exp, active, rows)} became infinite or NaN at step {number}"
    )
    places = [
        *(f"view {name!r} holds it already" for name, x in (views or {}).items() if _bad(x)),
        *(f"parameter {name!r} holds it already" for name, p in exp.model.named_parameters() if _bad(p)),
        *(f"the output of task {name!r} holds it first" for name, x in (outputs or {}).items() if _bad(x)),
        "every output is finite, so the loss itself overflows" if broken else "the losses are finite",
    ]
    rate = exp.optimizer.param_groups[0]["lr"]
    return f"{what}: {places[0]}; try a lower learning rate than {rate:g}, or clip. The last good state is kept."


def _whose(exp: Experiment, active: Sequence[int], rows: Sequence[int]) -> str:
    return f"task {exp.names[active[rows[0]]]!r}" if rows else "the shared parameters"


def _bad(x: Any) -> bool:
    if isinstance(x, Several):
        return any(_bad(part) for part in x.parts)
    return isinstance(x, Tensor) and x.is_floating_point() and not bool(torch.isfinite(x).all())
