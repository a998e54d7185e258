"""The comparison with single tasks, made beside the panel."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from workbench.component import WorkbenchError
from workbench.runs.baseline import baseline_spec, same
from workbench.runs.compare import compare
from workbench.runs.session import Session, trained_by

__all__ = ["Comparing", "announced"]

#: seconds between two looks whether a comparison that is waited for is over
PATIENCE = 0.2


def announced(session: Any) -> str:
    """What is about to be trained for a comparison with the run of a session, and how long."""
    if session.status == "stopped":
        return (
            f"This run was stopped after {session.step_number:,} steps. What it is compared with trains as long as the "
            f"spec says (epochs = {session.spec.epochs}); press Stop if that takes too long."
        )
    return "Training one model per task, and equal weighting, with the same encoder and steps …"


class OneByOne(Executor):
    """Does what it is given at once, in the thread that asks, until it is told to take nothing more.

    Attributes:
        stopped: whether it was told so.
    """

    stopped = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result of a call that is over.

        Raises:
            WorkbenchError: it takes nothing more.
        """
        if self.stopped:
            raise WorkbenchError("The comparison was stopped.")
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


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
        self._trainer = OneByOne()
        self._thread = threading.Thread(target=self._work, name="workbench comparison", daemon=True)
        self._thread.start()

    @property
    def session(self) -> Session | None:
        """What it trains now; None: nothing."""
        return None if self._thread.ident is None else trained_by(self._thread.ident)

    @property
    def name(self) -> str:
        """What it trains now, as a person calls it; "": nothing."""
        session = self.session
        if session is None:
            return ""
        return "single tasks" if same(session.spec, baseline_spec(session.spec)) else "equal weighting"

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._trainer.stopped

    def stop(self) -> None:
        """End it after the current step; called again, it also stops a run that was being made ready the first time."""
        self._trainer.stopped = True
        session = self.session
        if session is not None:
            session.stop()

    def wait(self) -> None:
        """Wait for its end; Ctrl-C (the notebook's interrupt button) stops it."""
        while not self.over.is_set():
            if self.stopped:
                self.stop()
            try:
                self.over.wait(PATIENCE)
            except KeyboardInterrupt:
                self.stop()

    def _work(self) -> None:
        try:
            self.comparison = compare(self.run, progress=False, executor=self._trainer)  # nothing prints from a thread
        except Exception as error:  # noqa: BLE001 (the panel shows and records it)
            self.failure = error
        finally:
            self.over.set()
            self._ended()
