"""A trained model made smaller: how, and at what price for each task."""

import inspect
from collections.abc import Callable
from typing import Any

from workbench.component import WorkbenchError, one_of
from workbench.runs.compress.base import Made, Original, numbers
from workbench.runs.compress.distil import distil
from workbench.runs.compress.int8 import int8
from workbench.runs.compress.measure import table
from workbench.runs.compress.prune import prune
from workbench.runs.compress.result import Compressed, stored
from workbench.runs.run import Run

#: method -> what does it
METHODS: dict[str, Callable[..., Made]] = {"int8": int8, "prune": prune, "distil": distil}


def compress(run: Run, method: str = "int8", **settings: Any) -> Compressed:
    """A smaller model made from the selected model of a run, and what that costs each task.

    - ``int8``: weights in eight bits, nothing is trained (see ``workbench.runs.compress.int8``);
    - ``prune``: the smallest weights become 0; ``amount`` (0.5), ``sensitivity`` (True);
    - ``distil``: a smaller student learns from single-task teachers; ``student`` (the run's encoder at half its width),
      ``temperature`` (1), ``labels`` (0), ``epochs`` (those of the spec), ``progress`` (True).

    Metrics are of the test split; the waiting time is measured here and now on the CPU, both models in turns.

    Args:
        run: a run that is over.
        method: one of these.
        settings: of the method.

    Raises:
        WorkbenchError: no such method or setting, a value out of range, or a model that the method cannot make smaller.
    """
    if not isinstance(run, Run):
        raise WorkbenchError(f"compress takes a Run, found {type(run).__name__}.")
    if method not in METHODS:
        raise WorkbenchError(f"There is no way {method!r} to make a model smaller: {one_of(method, METHODS)}.")
    known = list(inspect.signature(METHODS[method]).parameters)[1:]
    faults = [f"{method} has no setting {name!r}: {one_of(name, known)}." for name in settings if name not in known]
    if faults:
        raise WorkbenchError(*faults)
    original = Original(run, *run.rebuilt())
    made = METHODS[method](original, **settings)
    facts = {
        "original": {"parameters": numbers(original.model), "bytes": len(stored(original.model, ""))},
        made.name: {"parameters": made.parameters, "bytes": len(stored(made.model, method))},
    }
    models = {"original": (original.model, original.data), made.name: (made.model, made.data)}
    frame = table(models, facts, original.answers)
    notes = [*made.notes, "Metrics are of the test split; milliseconds of this machine's CPU, both models in turns."]
    found = Compressed(made.name, method, made.model, made.data, made.spec, original.answers, frame, notes)
    found.sensitivity, found.history, found.original = made.sensitivity, made.history, models["original"]
    return found
