"""Where a run stands: what a checkpoint holds beside the model."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from workbench.training.experiment import Experiment


@dataclass
class Position:
    """Plain numbers that say where a run stands.

    Attributes:
        step: updates done.
        epoch: epochs completed.
        batch: batches done in the current epoch.
        lr: learning rate before the schedule's factor (steering changes it).
        loss_sum, loss_count: of the current epoch, per task.
        reference: validation losses before training, per task.
        best_epoch, best_score, best_step: of the model that is kept.
        waited: epochs since then.
        paused, steered: whether it waits for a command; whether a command changed its numbers.
        seconds: time spent so far, as far as it was counted.
    """

    lr: float
    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss_sum: list[float] = field(default_factory=list)
    loss_count: list[int] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)
    best_epoch: int = 0
    best_step: int = 0
    best_score: float = float("-inf")
    waited: int = 0
    paused: bool = False
    steered: bool = False
    seconds: float = 0.0


class State:
    """Everything that changes while a run goes on.

    Attributes:
        exp: model, optimiser and weighting (changed in place).
        position: the plain numbers.
        best: parameters of the model that validation likes best so far.
    """

    def __init__(self, exp: Experiment) -> None:
        self.exp = exp
        count = len(exp.names)
        self.position = Position(lr=exp.spec.lr, loss_sum=[0.0] * count, loss_count=[0] * count)
        self.best: dict[str, Tensor] = self.snapshot()

    def snapshot(self) -> dict[str, Tensor]:
        """A copy of the model's parameters and buffers."""
        return {key: value.detach().clone() for key, value in self.exp.model.state_dict().items()}

    def rest(self) -> dict[str, Any]:
        """State of optimiser, weighting, sampling, schedule and teacher, as tensors and numbers."""
        return {
            "optimizer": self.exp.optimizer.state_dict(),
            "weighting": self.exp.weighting.state_dict(),
            "sampling": self.exp.sampling.state_dict(),
            "schedule": self.exp.schedule.state_dict(),
            "teacher": None if self.exp.teacher is None else self.exp.teacher.state_dict(),
        }

    def load_rest(self, rest: dict[str, Any]) -> None:
        """Restore what ``rest`` gave."""
        self.exp.weighting.load_state_dict(rest["weighting"])
        self.exp.optimizer.load_state_dict(rest["optimizer"])
        self.exp.sampling.load_state_dict(rest["sampling"])
        self.exp.schedule.load_state_dict(rest["schedule"])
        if self.exp.teacher is not None:
            self.exp.teacher.load_state_dict(rest["teacher"])

    def good(self) -> dict[str, Any]:
        """A copy to fall back to when numbers stop being finite."""
        return {"model": self.snapshot(), "rest": deepcopy(self.rest()), "position": deepcopy(self.position)}

    def fall_back(self, good: dict[str, Any]) -> None:
        """Return model, optimiser, weighting and position to a good copy."""
        self.exp.model.load_state_dict(good["model"])
        self.load_rest(good["rest"])
        vars(self.position).update(vars(good["position"]))
