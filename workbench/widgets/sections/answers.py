"""What the model answers beside the truth, in the way that fits each kind of task."""

from math import floor, isfinite, log10
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.plots.style import COLORS
from workbench.tasks.tokens import END
from workbench.widgets.sections.images import picture, small, stretched

__all__ = ["Answers", "answers"]

#: pixels a side of pictures that are answers
SIDE = 24


class Answers:
    """How a task's answers are shown; this one shows none and says why.

    Args:
        task: of the run.
    """

    #: how the browser draws them: "none", "class", "number", "set", "tags", "text" or "picture"
    shape = "none"
    #: they can be counted over many examples without effort
    counted = False

    def __init__(self, task: Any) -> None:
        self.task = task

    def about(self) -> dict[str, Any]:
        """What the browser has to know of the task."""
        return {"name": self.task.name, "shape": self.shape, "names": self.names(), "why": self.why()}

    def names(self) -> list[str]:
        """Of classes, labels or tags, by number."""
        return []

    def why(self) -> str:
        """Why there is no answer to show."""
        kind = self.task.kind.replace("_", " ")
        return "" if self.shape != "none" else f"{self.task.name}: answers of a {kind} are not shown here."

    def truths(self, target: Tensor) -> list[Any]:
        """The truth of each example as the browser gets it; None where it is missing."""
        return [None] * len(target)

    def said(self, output: Any) -> list[Any]:
        """The answer to each example as the browser gets it."""
        return []

    def score(self, output: Any, target: Tensor) -> list[float] | None:
        """Over many examples: ``[right, of so many]``, or ``[mean error]``; None: nothing to count."""
        return None


class Classes(Answers):
    """A class and its probability in percent."""

    shape, counted = "class", True

    def names(self) -> list[str]:
        return list(self.task.classes)

    def truths(self, target: Tensor) -> list[Any]:
        return [label if label >= 0 else None for label in target.tolist()]

    def said(self, output: Any) -> list[Any]:
        odds = output.double().softmax(-1)
        return [[label, round(100 * p)] for p, label in zip(*(x.tolist() for x in odds.max(-1)), strict=True)]

    def score(self, output: Any, target: Tensor) -> list[float] | None:
        there = self.task.present(target)
        return [int((self.task.predict(output) == target)[there].sum()), int(there.sum())]


class Levels(Classes):
    """A level of an ordinal task; its single probability is not told."""

    def names(self) -> list[str]:
        return list(self.task.levels)

    def truths(self, target: Tensor) -> list[Any]:
        there = self.task.present(target).tolist()
        return [int(label) if known else None for label, known in zip(target.tolist(), there, strict=True)]

    def said(self, output: Any) -> list[Any]:
        return [[label, None] for label in self.task.predict(output).tolist()]


class Numbers(Answers):
    """A number in its own unit."""

    shape, counted = "number", True

    def about(self) -> dict[str, Any]:
        decimals = min(6, max(0, 1 - floor(log10(self.task.std))))
        return {**super().about(), "unit": self.task.unit, "decimals": decimals}

    def truths(self, target: Tensor) -> list[Any]:
        return [_short(value) for value in (target.double() * self.task.std + self.task.mean).tolist()]

    def said(self, output: Any) -> list[Any]:
        return [_short(value) for value in self.task.predict(output).tolist()]

    def score(self, output: Any, target: Tensor) -> list[float] | None:
        there = self.task.present(target)
        truth = target * self.task.std + self.task.mean
        error = (self.task.predict(output) - truth)[there].abs()
        return [float(f"{error.mean():.4g}")] if len(error) else None


class Labels(Answers):
    """Which of several labels are there."""

    shape, counted = "set", True

    def names(self) -> list[str]:
        return list(self.task.labels)

    def truths(self, target: Tensor) -> list[Any]:
        there = self.task.present(target).all(1).tolist()
        return [row.nonzero().flatten().tolist() if known else None for row, known in zip(target, there, strict=True)]

    def said(self, output: Any) -> list[Any]:
        return [row.nonzero().flatten().tolist() for row in self.task.predict(output)]

    def score(self, output: Any, target: Tensor) -> list[float] | None:
        there = self.task.present(target).all(1)
        return [int((self.task.predict(output) == target).all(1)[there].sum()), int(there.sum())]


class Tags(Answers):
    """A tag for each word; counted in words."""

    shape, counted = "tags", True

    def names(self) -> list[str]:
        return list(self.task.tags)

    def truths(self, target: Tensor) -> list[Any]:
        return [[tag if tag >= 0 else None for tag in row] for row in target.tolist()]

    def said(self, output: Any) -> list[Any]:
        return [[tag for tag in row if tag >= 0] for row in self.task.predict(output).tolist()]

    def score(self, output: Any, target: Tensor) -> list[float] | None:
        there = self.task.present(target)
        return [int((self.task.predict(output) == target)[there].sum()), int(there.sum())]


class Written(Answers):
    """A text; only the shown ones are written, since writing takes long."""

    shape = "text"

    def truths(self, target: Tensor) -> list[Any]:
        name = self.task.tokens.name
        return [" ".join(name(word) for word in row if word > END) or None for row in target.tolist()]

    def said(self, output: Any) -> list[Any]:
        return self.task.in_words(output)


class Pictures(Answers):
    """Something for each pixel, as a picture."""

    shape = "picture"

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self.ends = (0.0, 1.0)

    def truths(self, target: Tensor) -> list[Any]:
        raw = self.raw(target)
        return [self.drawn(each) for each in raw]

    def said(self, output: Any) -> list[Any]:
        return [self.drawn(each) for each in self.task.predict(output)]

    def raw(self, target: Tensor) -> Tensor:
        """Encoded targets as ``predict`` gives them."""
        return target

    def drawn(self, found: Tensor) -> str:
        """One of them as a data URL; what is unknown is as the lower end."""
        image = found.float().cpu()
        return picture(stretched(small(image if image.dim() == 3 else image.unsqueeze(0), SIDE), *self.ends))


class Depths(Pictures):
    """Distances: the nearer the lighter."""

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self.ends = (task.mean + 2.5 * task.std, task.mean - 2.5 * task.std)

    def raw(self, target: Tensor) -> Tensor:
        return target * self.task.std + self.task.mean


class Normals(Pictures):
    """Directions, x, y and z as red, green and blue."""

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self.ends = (-1.0, 1.0)


class Copies(Depths):
    """The input again."""

    def __init__(self, task: Any) -> None:
        super().__init__(task)
        self.ends = (task.mean - 2.5 * task.std, task.mean + 2.5 * task.std)


class Regions(Pictures):
    """A class for each pixel, in the colour of its class; missing ones white."""

    def about(self) -> dict[str, Any]:
        colors = [COLORS[i % len(COLORS)] for i in range(len(self.task.classes))]
        return {**super().about(), "colors": colors}

    def names(self) -> list[str]:
        return list(self.task.classes)

    def drawn(self, found: Tensor) -> str:
        step = max(1, -(-max(found.shape) // SIDE))
        numbers = found[::step, ::step].long().cpu().numpy()
        colors = [tuple(bytes.fromhex(COLORS[i % len(COLORS)][1:])) for i in range(len(self.task.classes))]
        table = np.array([*colors, (255, 255, 255)], dtype=np.uint8)
        return picture(table[np.where(numbers < 0, -1, numbers)])


KINDS: dict[str, type[Answers]] = {
    "classification": Classes,
    "ordinal": Levels,
    "regression": Numbers,
    "multilabel": Labels,
    "tagging": Tags,
    "sequence_to_sequence": Written,
    "segmentation": Regions,
    "depth": Depths,
    "normals": Normals,
}


def answers(task: Any, target: Tensor) -> Answers:
    """How the answers of a task are shown.

    Args:
        task: of the run.
        target: its encoded targets.
    """
    kind = KINDS.get(task.kind, Answers)
    if kind is Numbers and target.dim() > 1:  # a vector for each example
        kind = Answers
    if task.kind == "reconstruction" and target.dim() == 4 and torch.isfinite(torch.tensor(task.std)):
        kind = Copies
    return kind(task)


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if isfinite(value) else None
