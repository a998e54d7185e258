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
) -> str:
    """One sentence: which task, which tensor, what to do."""
    broken = [(exp.names[i], loss) for i, loss in zip(active, losses, strict=True) if not math.isfinite(loss)]
    task, loss = broken[0] if broken else (exp.names[active[0]], None)
    what = (
        f"The loss of task {task!r} became {loss} at step {number}"
        if broken
        else f"The gradient of the shared parameters became infinite or NaN at step {number}"
    )
    places = [
        *(f"view {name!r} holds it already" for name, x in (views or {}).items() if _bad(x)),
        *(f"parameter {name!r} holds it already" for name, p in exp.model.named_parameters() if _bad(p)),
        *(f"the output of task {name!r} holds it first" for name, x in (outputs or {}).items() if _bad(x)),
        "every output is finite, so the loss itself overflows" if broken else "the losses are finite",
    ]
    rate = exp.optimizer.param_groups[0]["lr"]
    return f"{what}: {places[0]}; try a lower learning rate than {rate:g}, or clip. The last good state is kept."


def _bad(x: Any) -> bool:
    if isinstance(x, Several):
        return any(_bad(part) for part in x.parts)
    return isinstance(x, Tensor) and x.is_floating_point() and not bool(torch.isfinite(x).all())
