"""A teacher: the moving average of a model, for losses that ask how far the model is from it."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.fusions.several import Several
from workbench.tasks.base import Task


class Teacher:
    """``θ_T ← m θ_T + (1 − m) θ`` after every update, ``m = min(decay, 1 − 1/(t + 1))`` after t of them.

    Buffers (running means, say) are the model's. It works in training mode, as in the paper's code; its random draws
    leave the generators as they were, so that the model's are the same with and without it.

    Args:
        model: in training mode, on its device.
        tasks: names of the tasks that learn from it.
        decay: largest share that an update leaves, from 0 to below 1.
        device: where it computes.

    Source: Tarvainen & Valpola, NeurIPS 2017.
    """

    def __init__(self, model: nn.Module, tasks: Sequence[str], decay: float, device: torch.device) -> None:
        self.model = deepcopy(model).requires_grad_(False)
        self.tasks, self.decay = frozenset(tasks), decay
        self.devices = [device] if device.type == "cuda" else []
        self.updates = 0

    def __call__(self, views: dict[str, Tensor], names: Sequence[str]) -> dict[str, Any]:
        """What it gives, without a graph, for those of these tasks that learn from it; it is not asked in vain."""
        if self.tasks.isdisjoint(names):
            return {}
        with torch.random.fork_rng(self.devices):
            outputs = self.model(views, names)
        return {name: output for name, output in outputs.items() if name in self.tasks}

    @torch.no_grad()
    def follow(self, model: nn.Module) -> None:
        """Told after every update of the model."""
        self.updates += 1
        keep = min(self.decay, 1 - 1 / (self.updates + 1))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), 1 - keep)
        for mine, buffer in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(buffer)

    def state_dict(self) -> dict[str, Any]:
        """Its model, and how many updates it has followed."""
        return {"model": self.model.state_dict(), "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        self.model.load_state_dict(state["model"])
        self.updates = state["updates"]


def teacher_of(model: nn.Module, tasks: Sequence[Task], device: torch.device) -> Teacher | None:
    """The one teacher of all tasks whose loss asks for one; None where none does.

    Raises:
        WorkbenchError: losses that ask for different ones.
    """
    asked = {task.name: task.criterion.teacher_decay for task in tasks if task.criterion is not None}
    decays = {name: decay for name, decay in asked.items() if decay is not None}
    if not decays:
        return None
    (first, decay), *others = decays.items()
    other = next((name for name, its in others if its != decay), None)
    if other is not None:
        raise WorkbenchError(
            f"Spec: losses of tasks {first!r} and {other!r} have decay = {decay:g} and {decays[other]:g}, but one "
            "teacher serves all tasks; give them the same decay."
        )
    return Teacher(model, list(decays), decay, device)


def disagreement(task: Task, output: Any, expected: Any, weights: Tensor | None) -> Tensor:
    """What a task's loss adds for being away from its teacher: the mean over the examples, a scalar.

    Args:
        output: what the task's head gave; of several predictions the mean is taken.
        expected: what the teacher gave for the same examples.
        weights: of the examples, ``[batch]``; None: all alike.
    """
    assert task.criterion is not None
    pairs = zip(output.parts, expected.parts, strict=True) if isinstance(output, Several) else [(output, expected)]
    each = torch.stack([task.criterion.disagreement(ours, theirs) for ours, theirs in pairs]).mean(0)
    if weights is None:
        return each.mean()
    return (each * weights).sum() / weights.sum().clamp(min=torch.finfo(each.dtype).tiny)
