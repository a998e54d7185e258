"""Outputs of single examples at one trained multi-task model, and their gradients."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from workbench.affinities.base import Examples
from workbench.component import WorkbenchError
from workbench.runs.affinity.brought import Brought, some_rows
from workbench.runs.affinity.sources import Train, nothing_shared
from workbench.training.experiment import Experiment

if TYPE_CHECKING:
    from workbench.fusions.model import Model
    from workbench.spec import Spec

#: examples per split, and numbers per gradient, of a measure that does not say how many
EXAMPLES, DIMENSIONS = 300, 200


def examples(spec: "Spec", measure: Any, train: Train) -> Brought:
    """Outputs and sketched gradients of training and validation examples at the spec's own model.

    Raises:
        WorkbenchError: nothing is shared, or a task whose examples have no single output.
    """
    exp = Experiment(spec.replace(device="cpu"))
    faults = [
        f"Task {task.name!r} ({task.kind.replace('_', ' ')}): an example has no single output to linearise; affinity "
        f"{measure.name!r} works for {', '.join(OUTPUTS)}."
        for task in exp.tasks
        if task.kind not in OUTPUTS
    ]
    if not exp.shared:
        faults.append(nothing_shared(spec))
    if faults:
        raise WorkbenchError(*faults)
    (run,) = train([spec])
    model = run.model()
    sketch = Sketch(sum(p.numel() for p in exp.shared), getattr(measure, "dimensions", DIMENSIONS))
    count = getattr(measure, "examples", EXAMPLES)
    splits = [_split(exp, model, some_rows(exp.data, split, count), sketch) for split in ("train", "val")]
    given = []
    for task in exp.tasks:
        train_part, val_part = splits[0][task.name], splits[1][task.name]
        if not len(train_part[0]) or not len(val_part[0]):
            raise WorkbenchError(f"Task {task.name!r} has no label among the examples; ask for more than {count}.")
        outputs, blank, gradients = zip(train_part, val_part, strict=True)
        given.append(Examples(task.name, OUTPUTS[task.kind][0], outputs, blank, gradients))
    passes = sum(len(outputs) for split in splits for outputs, _, _ in split.values())
    cost = run.summary["steps"] * len(exp.tasks) + math.ceil(passes / spec.batch_size)
    return Brought(measure.estimate(given), exp.names, cost)


class Sketch:
    """A count sketch: coordinates get random signs and are summed in random groups, which keeps inner products.

    Inner products of sketches are those of the vectors on average over the draw; a vector that is short enough is
    kept as it is.

    Args:
        length: of the vectors.
        groups: numbers to keep.
        seed: of the draw.
    """

    def __init__(self, length: int, groups: int, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.plain = length <= groups
        self.length = length if self.plain else groups
        self.signs = torch.randint(2, (length,), generator=generator).double() * 2 - 1
        self.places = torch.randint(groups, (length,), generator=generator)

    def __call__(self, vector: Tensor) -> Tensor:
        if self.plain:
            return vector
        return vector.new_zeros(self.length).index_add_(0, self.places, self.signs * vector)


def _split(exp: Experiment, model: "Model", rows: Tensor, sketch: Sketch) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Per task the outputs, blank outputs (``[n]``) and gradients (``[n, d]``) of those rows that have a label."""
    shared = model.shared_parameters()
    generator = torch.Generator().manual_seed(0)
    found: dict[str, list[tuple[Tensor, Tensor, Tensor]]] = {name: [] for name in exp.names}
    for row in rows.split(1):
        views, targets = exp.data.batch(row)
        outputs = model(views)
        for task in exp.tasks:
            z, target, of = outputs[task.name][0], targets[task.name][0], OUTPUTS[task.kind][1]
            labels = task.present(target).reshape(-1).nonzero().squeeze(1)
            if not len(labels):
                continue
            questions = torch.arange(len(z)) if task.kind == "ordinal" else labels
            label = int(questions[torch.randint(len(questions), (), generator=generator)])
            y = of(z, target, label)
            parts = torch.autograd.grad(y, shared, retain_graph=True, allow_unused=True)
            whole = [(torch.zeros_like(p) if g is None else g).flatten() for p, g in zip(shared, parts, strict=True)]
            blank = of(torch.zeros_like(z), target, label)
            found[task.name].append((y.detach().double(), blank.double(), sketch(torch.cat(whole).double())))
    none = torch.zeros(0, dtype=torch.float64)
    return {
        name: tuple(map(torch.stack, zip(*each, strict=True))) if each else (none, none, none[:, None])  # type: ignore[misc]
        for name, each in found.items()
    }


def _class_margin(z: Tensor, y: Tensor, label: int) -> Tensor:
    """Log-odds of the right class: its logit over those of all others together."""
    others = torch.ones(len(z), dtype=torch.bool)
    others[int(y)] = False
    return z[int(y)] - z[others].logsumexp(0)


def _label_margin(z: Tensor, y: Tensor, label: int) -> Tensor:
    """Log-odds of the right answer to one of several yes-or-no questions."""
    return z[label] * (2 * float(y[label]) - 1)


def _level_margin(z: Tensor, y: Tensor, label: int) -> Tensor:
    """Log-odds of the right answer to one question: is the level above this one?"""
    return z[label] * (1 if int(y) > label else -1)


def _residual(z: Tensor, y: Tensor, label: int) -> Tensor:
    """Prediction minus label, both in units of the label's spread."""
    return z.squeeze() - y


#: kind of task -> kind of example, and its one output: of several labels, the one that was drawn stands for all
OUTPUTS: dict[str, tuple[str, Callable[[Tensor, Tensor, int], Tensor]]] = {
    "classification": ("margin", _class_margin),
    "multilabel": ("margin", _label_margin),
    "ordinal": ("margin", _level_margin),
    "regression": ("residual", _residual),
}
