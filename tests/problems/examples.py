"""A problem made of tensors at hand."""

from typing import Any

import torch

from workbench.problems import Problem, Raw
from workbench.tasks import Classification, Regression


class Given(Problem):
    """A problem from tensors at hand."""

    def load(self, seed: int) -> Raw:
        return self.raw

    def task_names(self) -> list[str]:
        return [task.name for task in self.raw.tasks]


def problem(rows: int = 40, labels: Any = None, **changes: Any) -> Given:
    made = Given()
    labels = torch.arange(rows) % 2 if labels is None else torch.tensor(labels)
    fields: dict[str, Any] = {
        "views": {"x": torch.arange(2.0 * rows).view(rows, 2)},
        "kinds": {"x": "vector"},
        "targets": {"label": labels, "value": torch.arange(float(rows))},
        "tasks": [Classification("label", ["no", "yes"]), Regression("value")],
    }
    made.raw = Raw(**{**fields, **changes})
    return made
