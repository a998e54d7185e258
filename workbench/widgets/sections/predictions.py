"""What the model answers to a few validation examples, as it learns."""

import json
from collections.abc import Hashable
from time import perf_counter
from typing import Any

import anywidget
import torch
import traitlets
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.runs.peek import Peek
from workbench.training.evaluate import NUMBERS, example_losses
from workbench.widgets.scripts import script, style
from workbench.widgets.sections.answers import answers
from workbench.widgets.sections.examples import examples
from workbench.widgets.sections.section import Section

__all__ = ["Predictions", "PredictionsView", "order", "thinned"]

#: examples shown at once, and where answers are pictures
COUNT, PICTURES = 8, 4
#: most examples over which right answers are counted, most seconds that may take, and how many tell how long one takes
COUNTED, SECONDS, TRIED = 1000, 0.2, 32
#: most earlier answers that are kept, and most bytes of them
FRAMES, BYTES = 40, 50_000
START = {"from": 0, "hardest": 0}


class PredictionsView(anywidget.AnyWidget):
    """The section: a table of examples and answers, with a slider over the steps."""

    _esm = script("sections/unfold.js", "sections/predictions.js")
    _css = style("sections/section.css", "sections/predictions.css")
    #: whether a person has opened it
    opened = traitlets.Bool(False).tag(sync=True)
    #: a sentence instead of the table
    note = traitlets.Unicode().tag(sync=True)
    #: which examples a person wants: ``from`` which place, and ``hardest``, how often they were put in order of
    #: hardness (0: never)
    asked = traitlets.Dict(START).tag(sync=True)
    #: ``tasks``, ``examples``, ``truths`` (by task, by example), ``from``, ``total`` and ``counted`` (examples)
    fixed = traitlets.Dict().tag(sync=True)
    #: by step: ``step``, ``selected``, ``said`` (by task, by example) and ``score`` (by task)
    frames: Any = traitlets.List().tag(sync=True)


def order(total: int) -> Tensor:
    """Places of validation examples in the order they are shown: mixed, always alike."""
    return torch.randperm(total, generator=torch.Generator().manual_seed(0))


def thinned(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every second frame less, the first and the last kept, until they are few and small enough."""
    while len(frames) > 2 and (len(frames) > FRAMES or len(json.dumps(frames)) > BYTES):
        frames = [*frames[:-1:2], frames[-1]]
    return frames


class Predictions(Section):
    """What the model answers to a few validation examples."""

    name, View = "predictions", PredictionsView

    def __init__(self, host: Any) -> None:
        super().__init__(host)
        self._made: Any = None  # the session and the examples of what is shown
        self._hard: tuple[Any, Tensor] = (None, order(0))
        self._count: tuple[Any, int] = (None, 0)
        self.view.observe(lambda _: self.again(), "asked")

    def source(self, session: Any) -> Hashable:
        if session is None:
            raise WorkbenchError("Press Start: here are the answers to a few validation examples.")
        return session.step_number, session.alive

    def compute(self, session: Any) -> dict[str, Any]:
        asked = {**START, **self.view.asked}
        found = self.peek(session, lambda peek: self._look(peek, session, asked))
        found["frame"]["selected"] = not session.alive
        return found | {"of": (session.path, asked["from"], asked["hardest"])}

    def show(self, found: dict[str, Any] | None) -> None:
        if found is None:
            self._made, self.view.frames, self.view.fixed = None, [], {}
            return
        frames = self.view.frames if found["of"] == self._made else []
        frames = [each for each in frames if each["step"] != found["frame"]["step"]]
        with self.view.hold_sync():
            if found["of"] != self._made:
                self.view.fixed = found["fixed"]
            self._made = found["of"]
            self.view.frames = thinned([*frames, found["frame"]])

    @torch.no_grad()
    def _look(self, peek: Peek, session: Any, asked: dict[str, int]) -> dict[str, Any]:
        """The examples and what the model answers now; called between two steps."""
        data = peek.data
        val = data.splits["val"]
        tellers = [answers(task, data.targets[task.name]) for task in data.tasks]
        places = self._order(peek, session, asked["hardest"])
        count = PICTURES if any(teller.shape == "picture" for teller in tellers) else COUNT
        start = min(max(0, asked["from"]), max(0, len(places) - 1)) // count * count
        rows = val[places[start : start + count]]
        views, targets = data.batch(rows.to(_device(peek)))
        output = peek.outputs(views)
        many = self._counted(peek, session)
        scores: list[Any] = [None] * len(tellers)
        if any(teller.counted for teller in tellers) and many:
            some, truth = data.batch(val[order(len(val))[:many]].to(_device(peek)))
            told = peek.outputs(some)
            scores = [
                teller.score(told[teller.task.name], truth[teller.task.name]) if teller.counted else None
                for teller in tellers
            ]
        return {
            "fixed": {
                "tasks": [teller.about() for teller in tellers],
                "examples": examples(data, rows),
                "truths": [teller.truths(targets[teller.task.name].cpu()) for teller in tellers],
                "from": start,
                "size": count,
                "total": len(places),
                "counted": many,
                "validation": len(val),
                "hardest": asked["hardest"],
            },
            "frame": {
                "step": peek.step,
                "said": [teller.said(output[teller.task.name]) for teller in tellers],
                "score": scores,
            },
        }

    def _order(self, peek: Peek, session: Any, hardest: int) -> Tensor:
        """Places of validation examples: mixed, or those first that were hardest when a person asked for it."""
        val = peek.data.splits["val"]
        mixed = order(len(val))
        if not hardest:
            return mixed
        if self._hard[0] != (session.path, hardest):
            some = mixed[: _most(peek)]
            losses = example_losses(peek.model, peek.data, val[some], peek.precision)
            self._hard = ((session.path, hardest), some[losses.argsort(descending=True, stable=True)])
        return self._hard[1]

    def _counted(self, peek: Peek, session: Any) -> int:
        """Over how many examples right answers are counted: chosen once a run, by the time that a few take."""
        if self._count[0] != session.path:
            data = peek.data
            few, _ = data.batch(data.splits["val"][:TRIED].to(_device(peek)))
            began = perf_counter()
            peek.outputs(few)
            each = (perf_counter() - began) / len(next(iter(few.values())))
            self._count = (session.path, min(_most(peek), int(SECONDS / each)))
        return self._count[1]


def _most(peek: Peek) -> int:
    """So many validation examples may be looked at together."""
    numbers = sum(x[0].numel() for x in peek.data.views.values())
    return min(COUNTED, len(peek.data.splits["val"]), max(1, NUMBERS // 8 // max(1, numbers)))


def _device(peek: Peek) -> torch.device:
    return next(iter(peek.data.views.values())).device
