"""Loss and metrics of every task over a whole split."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.fusions.model import Model
from workbench.problems.base import Data
from workbench.training.linear import Linear

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


def answered(answers: Mapping[str, Linear] | None, views: dict[str, Tensor]) -> dict[str, Tensor]:
    """The outputs of models that answer for a task in place of the network, where the views are."""
    device = next(iter(views.values())).device
    return {task: model.output(views).float().to(device) for task, model in (answers or {}).items()}


def joined(parts: Sequence[Any]) -> Any:
    """The outputs of a task for several chunks as one."""
    return torch.cat(list(parts)) if isinstance(parts[0], Tensor) else type(parts[0]).join(parts)


@torch.no_grad()
def evaluate(
    model: Model, data: Data, split: str, precision: str = "float32", answers: Mapping[str, Linear] | None = None
) -> dict[str, dict[str, float]]:
    """Mean loss over present labels, and the metrics, per task.

    Args:
        split: ``train``, ``val`` or ``test``.
        answers: models that answer in place of this one, by task.

    Returns:
        ``{task: {"loss": …, metric: …}}``.
    """
    rows = data.splits[split].to(next(iter(data.views.values())).device)
    views, targets = data.batch(rows)
    found = {**outputs(model, views, precision), **answered(answers, views)}
    result = {}
    for task in data.tasks:
        output, target = found[task.name], targets[task.name]
        if isinstance(output, Tensor) and output.is_floating_point():
            output = output.float()
        loss = float(task.loss(output, target)) if bool(task.present(target).any()) else float("nan")
        result[task.name] = {"loss": loss, **task.metrics(output, target)}
    return result


@torch.no_grad()
def example_losses(model: Model, data: Data, rows: Tensor, precision: str = "float32") -> Tensor:
    """How hard each example is: the mean over its tasks of its loss, in units of the mean loss of that task.

    Args:
        rows: row numbers, on the CPU.

    Returns:
        ``float32[rows]`` on the CPU; 1 is the mean, and what an example without any label gets.
    """
    device = next(iter(data.views.values())).device
    found: dict[str, list[Tensor]] = {task.name: [] for task in data.tasks}
    for part in rows.to(device).split(CHUNK):
        views, targets = data.batch(part)
        output = outputs(model, views, precision)
        for task in data.tasks:
            target = targets[task.name]
            losses, present = task.each(output[task.name], target), task.present(target)
            found[task.name].append(_per_example(losses) / _per_example(present.to(losses)))  # NaN without a label
    each = torch.stack([torch.cat(parts).float() for parts in found.values()])
    scaled = each / each.nanmean(dim=1, keepdim=True).clamp(min=torch.finfo(each.dtype).tiny)
    return torch.nan_to_num(scaled.nanmean(dim=0), nan=1.0).cpu()


def _per_example(x: Tensor) -> Tensor:
    return x.reshape(len(x), -1).sum(1)


def score(values: dict[str, dict[str, float]], metrics: Sequence[tuple[str, str, bool]]) -> float:
    """Mean of the tasks' conventional metrics, each signed so that higher is better.

    Args:
        values: from ``evaluate``.
        metrics: task, metric, higher_is_better.
    """
    signed = [values[task][metric] * (1 if higher else -1) for task, metric, higher in metrics]
    return sum(signed) / len(signed)
