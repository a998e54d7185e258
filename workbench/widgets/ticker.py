"""The one thread that writes widgets while something runs."""

import threading
from collections.abc import Callable
from time import perf_counter

__all__ = ["Ticker"]

#: refreshes a second, at most
RATE = 3.0
#: the pause after a refresh is at least so many times the time it took
PATIENCE = 10.0
#: after a request, so many calls follow quickly: what was asked for takes effect a step later
HURRIED, HURRY = 3, 0.06


class Ticker:
    """Calls ``tick`` about three times a second, less often when it is slow, until it says that it was the last time.

    Args:
        tick: does the work; returns whether there will be more.
        rate: calls a second, at most; may be changed at any time.
    """

    def __init__(self, tick: Callable[[], bool], rate: float = RATE) -> None:
        self._tick, self.rate = tick, rate
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._alive = False
        self._thread = threading.Thread(target=self._work, name="workbench panel", daemon=True)

    def start(self) -> "Ticker":
        """Begin; returns at once."""
        self._alive = True
        self._thread.start()
        return self

    def wake(self) -> bool:
        """Ask for a call soon. Returns False when the thread has ended, so that the caller may do the work."""
        with self._lock:
            if self._alive:
                self._asked.set()
            return self._alive

    def join(self, timeout: float | None = None) -> None:
        """Wait for the last call."""
        self._thread.join(timeout)

    def _work(self) -> None:
        hurried = 0
        try:
            while True:
                hurried = HURRIED if self._asked.is_set() else hurried - 1
                self._asked.clear()
                began = perf_counter()
                more = self._tick()
                with self._lock:
                    if not more and not self._asked.is_set():
                        self._alive = False
                        return
                pause = min(HURRY, 1 / self.rate) if hurried > 0 else 1 / self.rate
                self._asked.wait(max(pause, PATIENCE * (perf_counter() - began)))
        finally:
            self._alive = False
