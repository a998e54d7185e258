"""A run that is over, to be looked at like one in progress."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from workbench.runs.history import History
from workbench.runs.peek import Peek
from workbench.runs.run import Run

T = TypeVar("T")


class Finished:
    """What a panel reads of a session, of a run from its folder: curves, maps, facts, and the selected model.

    Args:
        run: finished, stopped, failed or interrupted.

    Raises:
        WorkbenchError: its folder cannot be read.
    """

    #: no run in progress, whatever its status
    alive = False
    weights_settable = False
    failure: BaseException | None = None

    def __init__(self, run: Run) -> None:
        self.run, self.spec, self.path = run, run.spec, run.path
        summary = run.summary
        self.history: History = run.records
        self.tasks = run.tasks
        self.status: str = summary["status"]
        self.error: str = summary.get("reason") or ""
        self.step_number: int = summary["steps"]
        self.total_steps = self.step_number
        self.epoch: int = summary.get("epochs") or 0
        self.device: str = summary.get("device") or ""
        self.steps_per_second: float = summary.get("steps_per_second") or 0.0
        self.lr = self.history.last("train", "", "lr") if self.history.last_step else self.spec.lr
        self.metrics = {name: task["metric"] for name, task in summary.get("tasks", {}).items()}
        self.over = threading.Event()
        self.over.set()
        self._lock = threading.Lock()
        self._seen: Peek | None = None

    def peek(self, at: Callable[[Peek], T]) -> T:
        """What a function finds in the selected model, on the CPU.

        Raises:
            WorkbenchError: no model was selected, since the run was interrupted.
        """
        with self._lock:
            if self._seen is None:
                model, data, answers = self.run.rebuilt()
                self._seen = Peek(self.run.summary.get("best_step") or 0, model, data, answers)
            return at(self._seen)

    def wait(self) -> Any:
        """The Run; it is over."""
        return self.run
