"""What panel tests share: a history that grows on demand, and canvases that remember what they sent."""

from array import array
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.training.records import Effect

TASKS = ["digit", "parity", "ink"]
METRICS = {"digit": "accuracy", "parity": "accuracy", "ink": "r2"}


class GrowingHistory:
    """The curves, affinities and effects of an imaginary run."""

    method = "gradient_cosine"

    def __init__(self, tasks=TASKS):
        self.tasks = tasks
        self.curves = {}
        self.affinities = []
        self.effects = []
        self.commands = []
        self.last = 0

    def curve(self, split, task, quantity, steps, values):
        curve = self.curves.setdefault((split, task, quantity), SimpleNamespace(steps=array("q"), values=array("d")))
        curve.steps.extend(int(step) for step in steps)
        curve.values.extend(float(value) for value in values)

    def grow(self, steps, epoch=100):
        """Record that many more steps, and a validation after every epoch in them."""
        first, self.last = self.last + 1, self.last + steps
        noise = np.random.default_rng(first)
        when = np.arange(first, self.last + 1)
        for i, task in enumerate(self.tasks):
            falling = 2.3 * np.exp(-when / (300 * (i + 1))) + 0.1 * (i + 1)
            self.curve("train", task, "loss", when, falling * noise.lognormal(0, 0.15, steps))
            self.curve("train", task, "weight", when, 1 / len(self.tasks) + 0.1 * np.sin(when / 200 + i))
            ends = when[when % epoch == 0]
            self.curve("val", task, "loss", ends, falling[when % epoch == 0] * 1.1)
            self.curve("val", task, METRICS.get(task, "accuracy"), ends, 1 - falling[when % epoch == 0] / 3)
            self.curve("val", task, "balanced", ends, 0.5 + 0 * ends)
        count = len(self.tasks)
        matrix = noise.uniform(-1, 1, (count, count))
        matrix = (matrix + matrix.T) / 2
        np.fill_diagonal(matrix, 1)
        self.affinities.append((self.last, matrix))

    def step_alone(self, task, changes):
        """Record a step for one task alone that changed every loss by so much."""
        self.last += 1
        before = [2.0] * len(self.tasks)
        after = [loss * (1 + change) for loss, change in zip(before, changes, strict=True)]
        self.effects.append(Effect(self.last, 1, task, tuple(before), tuple(after)))


@pytest.fixture
def history():
    return GrowingHistory()


@pytest.fixture
def sent(monkeypatch):
    """Every custom message of every canvas: (content, buffers)."""
    from workbench.widgets.canvas.canvas import Canvas

    messages = []
    monkeypatch.setattr(Canvas, "send", lambda self, content, buffers=None: messages.append((content, buffers or [])))
    return messages
