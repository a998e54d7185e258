"""What a model is worth and what it costs, before and after: metrics, bytes, milliseconds."""

from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from workbench.training.evaluate import evaluate

if TYPE_CHECKING:
    import pandas as pd

    from workbench.problems.base import Data

#: batch sizes for which the waiting time is measured
BATCHES = (1, 256)
#: timed calls per model, after some that are not counted
CALLS, WARM = 60, 5


def waiting(models: Mapping[str, tuple[nn.Module, "Data"]]) -> dict[str, dict[str, float]]:
    """Milliseconds per call of each model, median and 95th percentile, all models in turns, for each batch size."""
    import numpy as np

    found: dict[str, dict[str, float]] = {name: {} for name in models}
    for batch in BATCHES:
        calls = {name: _call(model, data, batch) for name, (model, data) in models.items()}
        times: dict[str, list[float]] = {name: [] for name in models}
        for number in range(WARM + CALLS):
            for name, call in calls.items():
                since = perf_counter()
                call()
                if number >= WARM:
                    times[name].append((perf_counter() - since) * 1e3)
        for name, each in times.items():
            found[name][f"ms{batch}_p50"], found[name][f"ms{batch}_p95"] = np.quantile(each, (0.5, 0.95)).tolist()
    return found


def _call(model: nn.Module, data: "Data", batch: int) -> Any:
    rows = data.splits["test"]
    views, _ = data.batch(rows[torch.arange(batch) % len(rows)])

    def call() -> None:
        with torch.no_grad():
            model(views)

    return call


def table(
    models: Mapping[str, tuple[nn.Module, "Data"]], facts: Mapping[str, dict[str, int]], answers: Mapping[str, Any]
) -> "pd.DataFrame":
    """A row per model and task.

    Args:
        models: the original first.
        facts: model -> ``parameters`` and ``bytes``.
        answers: linear models that answer in their place, by task.
    """
    import pandas as pd

    times, rows, first = waiting(models), [], None
    for name, (model, data) in models.items():
        values = evaluate(model, data, "test", answers=answers)  # type: ignore[arg-type]
        first = first or values
        for task in data.tasks:
            value, sign = values[task.name][task.metric], 1 if task.higher_is_better else -1
            gain = (value - first[task.name][task.metric]) * sign
            about = {"model": name, "task": task.name, "metric": task.metric, "test": value, "gain": gain}
            rows.append({**about, **facts[name], **times[name]})
    return pd.DataFrame(rows)
