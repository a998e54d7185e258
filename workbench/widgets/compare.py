"""Single-task baselines, trained beside the panel for a comparison."""

import threading
from collections.abc import Callable
from typing import Any

from workbench.runs.compare import compare

__all__ = ["Comparing"]


class Comparing:
    """Trains what a comparison with this run still needs, in a thread of its own, then compares.

    Args:
        run: the finished run to compare.
        ended: called in that thread when it is over.

    Attributes:
        comparison: the result, once there is one.
        failure: what went wrong, if something did.
    """

    def __init__(self, run: Any, ended: Callable[[], object]) -> None:
        self.run, self._ended = run, ended
        self.comparison: Any = None
        self.failure: BaseException | None = None
        self.over = threading.Event()
        threading.Thread(target=self._work, name="workbench comparison", daemon=True).start()

    def _work(self) -> None:
        try:
            self.comparison = compare(self.run, progress=False)  # nothing prints from a thread
        except Exception as error:  # noqa: BLE001 (the panel shows and records it)
            self.failure = error
        finally:
            self.over.set()
            self._ended()
