"""Steering: commands are put in from any thread and taken at a step boundary."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Condition, Lock
from time import perf_counter
from typing import Any

from workbench.training.records import Applied


@dataclass(frozen=True)
class Command:
    """``pause``, ``resume``, ``stop``, ``set`` (lr, weights) or ``step`` (task)."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


def steers(applied: Applied) -> bool:
    """Whether a command changed the numbers of a run (a pause does not, nor a step that would have come anyway)."""
    return applied.command in ("set", "stop") or (applied.command == "step" and bool(applied.values.get("task")))


class Inbox:
    """Where the loop looks for commands between two steps.

    Args:
        script: commands of an earlier run, each taken again after the same number of steps.
    """

    def __init__(self, script: Iterable[Applied] = ()) -> None:
        self.script = deque(filter(steers, script))
        self.commands: deque[Command] = deque()
        self.looks: deque[Callable[[], object]] = deque()
        self.serving = Lock()
        self.changed = Condition()
        self.waited = 0.0

    def put(self, command: Command) -> None:
        """Add a command; returns at once."""
        with self.changed:
            self.commands.append(command)
            self.changed.notify_all()

    def take(self, step: int) -> tuple[Command, bool] | None:
        """The next command due after ``step`` updates and whether it comes from the script; None if there is none."""
        if self.script and self.script[0].step <= step:
            applied = self.script.popleft()
            return Command(applied.command, applied.values), True
        if self.commands:
            return self.commands.popleft(), False
        return None

    def ask(self, look: Callable[[], object]) -> None:
        """Add something to be called at the next step boundary that changes nothing; returns at once."""
        with self.changed:
            self.looks.append(look)
            self.changed.notify_all()

    def serve(self) -> None:
        """Call what was asked for since, in this thread."""
        if self.looks:
            with self.serving:
                while self.looks:
                    self.looks.popleft()()

    def wait(self, most: float | None = None) -> None:
        """Block until there is a command or something to call; ``waited`` adds up the seconds.

        Args:
            most: seconds after which it returns all the same.
        """
        since = perf_counter()
        with self.changed:
            self.changed.wait_for(lambda: self.commands or self.looks, most)
        self.waited += perf_counter() - since
