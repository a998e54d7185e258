"""The line above the curves: what goes on, how far it is, and how long it will take."""

from html import escape
from time import perf_counter
from typing import Any

import ipywidgets as widgets

from workbench.widgets.compare import Comparing
from workbench.widgets.memory import held

__all__ = ["StateLine"]

#: seconds between two lines of which only the numbers differ
READABLE = 0.3


class StateLine(widgets.HTML):
    """One line of text, written anew no oftener than a person reads."""

    def __init__(self) -> None:
        super().__init__("ready")
        self._told: tuple[Any, ...] | None = None
        self._told_at = float("-inf")
        self._held: tuple[Any, str] = (None, "")

    def tell(self, session: Any, comparing: Comparing | None) -> None:
        """Say where the run shown stands, or the comparison that is in progress.

        Args:
            session: the run shown; None: there is none.
            comparing: a comparison in progress; None: there is none.
        """
        now = perf_counter()
        at_rest = comparing is None and (session is None or not session.alive)
        state = None if session is None else (session.path, session.status, session.lr, comparing and comparing.name)
        if at_rest or state != self._told or now - self._told_at > READABLE:
            self._told, self._told_at = state, now
            words = _comparison(comparing) if comparing is not None else self._run(session)
            self.value = " · ".join(filter(None, words))

    def _run(self, session: Any) -> list[str]:
        if session is None:
            return ["ready"]
        epochs = session.spec.epochs
        return [
            f"<b>{session.status}</b>",
            f"epoch {min(session.epoch + session.alive, epochs)} of {epochs}",
            *_progress(session),
            f"lr {session.lr:.3g}",
            escape(session.device),
            self._memory(session),
        ]

    def _memory(self, session: Any) -> str:
        """Asked again only when a step was taken, so that nothing changes while nothing happens."""
        at = (session.path, session.step_number, session.status)
        if self._held[0] != at:
            self._held = (at, held(session.device))
        return self._held[1]


def _comparison(comparing: Comparing) -> list[str]:
    session, name = comparing.session, comparing.name
    return ["<b>comparing</b>", *(["making ready …"] if session is None else [name, *_progress(session)])]


def _progress(session: Any) -> list[str]:
    """Steps, speed and the time that is left, where they are known."""
    step, total, speed = session.step_number, session.total_steps, session.steps_per_second
    words = [f"step {step} of {total}"]
    if speed:
        words.append(f"{speed:.3g} steps/s" if speed < 100 else f"{speed:.0f} steps/s")
        if session.alive:
            words.append(f"{_duration((total - step) / speed)} left")
    return words


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
