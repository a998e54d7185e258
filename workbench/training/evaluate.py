"""Loss and metrics of every task over a whole split."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.fusions.model import Model
from workbench.problems.base import Data

#: most examples in a chunk, and most numbers in its views
CHUNK, NUMBERS = 2048, 2**23


@torch.no_grad()
def outputs(model: Model, views: dict[str, Tensor], precision: str = "float32") -> dict[str, Any]:
    """Outputs of all tasks in evaluation mode, in chunks; the model is left in the mode it was in."""
    rows = len(next(iter(views.values())))
    device = next(model.parameters()).device.type
    training = model.training
    model.eval()
    size = max(1, min(CHUNK, NUMBERS // max(1, sum(x[0].numel() for x in views.values()))))
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
        parts = [model({name: x[start : start + size] for name, x in views.items()}) for start in range(0, rows, size)]
    model.train(training)
    return {task: joined([part[task] for part in parts]) for task in model.tasks}


def joined(parts: Sequence[Any]) -> Any:
    """The outputs of a task for several chunks as one."""
    return torch.cat(list(parts)) if isinstance(parts[0], Tensor) else type(parts[0]).join(parts)


def evaluate(model: Model, data: Data, split: str, precision: str = "float32") -> dict[str, dict[str, float]]:
    """Mean loss over present labels, and the metrics, per task.

    Args:
        split: ``train``, ``val`` or ``test``.

    Returns:
        ``{task: {"loss": …, metric: …}}``.
    """
    rows = data.splits[split].to(next(iter(data.views.values())).device)
    views, targets = data.batch(rows)
    found = outputs(model, views, precision)
    result = {}
    for task in data.tasks:
        output, target = found[task.name], targets[task.name]
        if isinstance(output, Tensor) and output.is_floating_point():
            output = output.float()
        loss = float(task.loss(output, target)) if bool(task.present(target).any()) else float("nan")
        result[task.name] = {"loss": loss, **task.metrics(output, target)}
    return result


def score(values: dict[str, dict[str, float]], metrics: Sequence[tuple[str, str, bool]]) -> float:
    """Mean of the tasks' conventional metrics, each signed so that higher is better.

    Args:
        values: from ``evaluate``.
        metrics: task, metric, higher_is_better.
    """
    signed = [values[task][metric] * (1 if higher else -1) for task, metric, higher in metrics]
    return sum(signed) / len(signed)
