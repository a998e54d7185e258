"""Steering as plain values: the commands that changed a run's numbers, each with the step after which it came.

::

    [{"step": 40, "command": "set", "lr": 0.003, "weights": {"ink": 3.0}},
     {"step": 55, "command": "step", "task": "ink"},
     {"step": 90, "command": "stop"}]
"""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from workbench.component import WorkbenchError, one_of, short
from workbench.spec import read_json
from workbench.training.commands import steers
from workbench.training.experiment import Experiment
from workbench.training.records import Applied

Steering = Sequence[Mapping[str, Any]] | str

#: command -> what may stand beside it
KEYS = {"set": ("lr", "weights"), "step": ("task",), "stop": ()}
EXAMPLE = '[{"step": 40, "command": "set", "lr": 0.003}]'


def plain(commands: Iterable[Applied]) -> list[dict[str, Any]]:
    """The commands that change numbers, as JSON values."""
    return [{"step": one.step, "command": one.command, **one.values} for one in commands if steers(one)]


def read(steering: Steering) -> list[Applied]:
    """Commands from plain values, or from the JSON text of them.

    Raises:
        WorkbenchError: every command that is none, one sentence each.
    """
    found = read_json(steering, "The steering") if isinstance(steering, str) else steering
    if not isinstance(found, Sequence):
        raise WorkbenchError(f"The steering should be a list of commands such as {EXAMPLE}, found {short(found)}.")
    faults, before = [], 0
    for number, command in enumerate(found, 1):
        fault = _fault(command) or (
            f"comes after step {command['step']}, the command before it after step {before}"
            if command["step"] < before
            else ""
        )
        if fault:
            faults.append(f"Steering, command {number}: {fault}.")
        else:
            before = command["step"]
    if faults:
        raise WorkbenchError(*faults)
    return [
        Applied(one["step"], 0, one["command"], {key: one[key] for key in one if key not in ("step", "command")})
        for one in found
    ]


def check(script: Iterable[Applied], exp: Experiment) -> None:
    """Whether an experiment can be steered so.

    Raises:
        WorkbenchError: a step that it does not reach, a task that it does not train, weights that it computes itself.
    """
    for one in filter(steers, script):
        if one.step >= exp.steps:
            raise WorkbenchError(f"Steering after step {one.step}, but the run has {exp.steps} steps.")
        if one.values.get("task") is not None:
            check_task(one.values["task"], exp.names, exp.answers)
        if one.values.get("weights") is not None:
            exp.weighting.check_weights(one.values["weights"])


def check_step(n: int, task: str | None, names: Sequence[str], answers: Collection[str] = ()) -> None:
    """Whether so many steps may be taken, for this task alone if it is named.

    Args:
        n: how many.
        task: one of ``names``.
        names: the tasks of the run.
        answers: those of them for which a linear model answers.

    Raises:
        WorkbenchError: they may not.
    """
    if not (isinstance(n, int) and n >= 1):
        raise WorkbenchError(f"step(n=…) should be a whole number of at least 1, found {short(n)}.")
    if task is not None:
        check_task(task, names, answers)


def check_task(task: str, names: Sequence[str], answers: Collection[str] = ()) -> None:
    """Whether a step may be for this task alone; see ``check_step``.

    Raises:
        WorkbenchError: it may not.
    """
    if task not in names:
        raise WorkbenchError(f"This run has no task {task!r}: {one_of(task, names)}.")
    if task in answers:
        raise WorkbenchError(f"Task {task!r} is not trained in this run: a linear model answers for it.")


def is_rate(lr: Any) -> bool:
    """Whether it is a learning rate: a finite number above 0."""
    return isinstance(lr, int | float) and not isinstance(lr, bool) and 0 < lr <= sys.float_info.max


def _fault(command: Any) -> str:
    """What is wrong with a command, as the end of a sentence; empty: nothing."""
    if not (isinstance(command, Mapping) and {"step", "command"} <= set(command)):
        return f"should hold 'step' and 'command', as in {EXAMPLE}, found {short(command)}"
    name, step = command["command"], command["step"]
    if not (isinstance(step, int) and not isinstance(step, bool) and step >= 0):
        return f"step should be a whole number of at least 0, found {short(step)}"
    if not isinstance(name, str) or name not in KEYS:
        return f"there is no command {short(name)}: {one_of(name, KEYS)}"
    beside = [key for key in command if key not in ("step", "command")]
    unknown = [key for key in beside if key not in KEYS[name]]
    if unknown:
        return f"{name!r} has no {unknown[0]!r}: {one_of(unknown[0], KEYS[name])}"
    if KEYS[name] and not beside:
        return f"{name!r} needs {' or '.join(KEYS[name])}"
    if "lr" in command and not is_rate(command["lr"]):
        return f"lr should be a number above 0, found {short(command['lr'])}"
    if "task" in command and not isinstance(command["task"], str):
        return f"task should be the name of a task, found {short(command['task'])}"
    if "weights" in command and not isinstance(command["weights"], Mapping):
        return f"weights should be pairs such as {{'ink': 3.0}}, found {short(command['weights'])}"
    return ""
