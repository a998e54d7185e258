"""What every section of the panel shares: it costs nothing while it is closed, and little while it is open."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from queue import Queue
from time import monotonic
from typing import Any, ClassVar, Protocol, TypeVar

from workbench.component import WorkbenchError
from workbench.runs.peek import Peek
from workbench.runs.run import Run
from workbench.spec import Spec
from workbench.widgets.names import Choice

__all__ = ["DELETED", "PATIENCE", "PAUSE", "Host", "Section"]

T = TypeVar("T")

#: seconds between two pictures, at least, and so many times what the last one took
PAUSE, PATIENCE = 1.0, 20.0
DELETED = "This run was deleted; its curves stay until Reset."
FAILED = "This could not be worked out; the sentence above the curves says how it failed."


class Host(Protocol):
    """What a section asks of its panel; every method may be called in any thread."""

    choice: Choice

    @property
    def spec(self) -> Spec:
        """What the controls show.

        Raises:
            WorkbenchError: every fault of it.
        """

    def idle(self, what: str) -> None:
        """Make sure that nothing is in progress.

        Args:
            what: needs that, such as ``continue another``.

        Raises:
            WorkbenchError: a run or a comparison is.
        """

    def open(self, run: Run) -> None:
        """Show a run.

        Raises:
            WorkbenchError: its folder cannot be read, or another run or a comparison is in progress.
        """

    def attach(self, session: Any) -> None:
        """Show a session, whoever started it."""

    def wake(self) -> None:
        """Ask for another ``update``."""

    def fail(self, error: BaseException) -> None:
        """Show and record an exception that nobody expected."""


class Section(ABC):
    """A part of the panel below its curves, kept up to date while it is open, computed in a thread of its own.

    Args:
        host: the panel it belongs to.

    Attributes:
        view: the widget.
    """

    #: what ``hide=`` calls it
    name: ClassVar[str]
    #: makes the widget; it has the synced traits ``opened`` (whether a person has opened it) and ``note`` (a sentence
    #: instead of the picture)
    View: ClassVar[Any]

    def __init__(self, host: Host) -> None:
        self.view, self.host = self.View(), host
        self._session: Any = None
        self._known: Hashable = None  # what the last picture that was asked for is made from
        self._busy = False
        self._found: Queue[tuple[Any, Any]] = Queue()
        self._not_before = 0.0
        self._waited = 0.0  # of the time that the present picture takes, what a look waited for its turn
        self.view.observe(lambda _: self.host.wake(), "opened")

    @abstractmethod
    def source(self, session: Any) -> Hashable:
        """What a picture made now would be made from: the same as before means that there is nothing to do.

        Args:
            session: the run shown, in progress or over; None: there is none.

        Raises:
            WorkbenchError: there is no picture, and why; shown in its place.
        """

    @abstractmethod
    def compute(self, session: Any) -> Any:
        """What ``show`` needs; called in a thread of its own.

        Raises:
            WorkbenchError: there is no picture, and why.
        """

    @abstractmethod
    def show(self, found: Any) -> None:
        """Put into the widget what ``compute`` returned; None empties it. Only one thread writes widgets."""

    def update(self, session: Any) -> bool:
        """Show what was computed, and begin to compute what is new; called by the one thread that writes widgets.

        Args:
            session: the run shown, in progress or over; None: there is none.

        Returns:
            Whether there will be more to show without anybody asking.
        """
        if session is not self._session:
            self._session, self._known = session, None
            self._show(None)
        while not self._found.empty():
            of, found = self._found.get()
            self._busy = False
            if of is session:
                self._show(found)
        if not self.view.opened or self._busy:
            return self._busy
        try:
            source = self.source(session)
        except WorkbenchError as reason:
            self._show(reason)
            return False
        if source == self._known:
            return False
        if monotonic() >= self._not_before:
            self._known, self._busy = source, True
            threading.Thread(target=self._work, args=(session,), name=f"workbench {self.name}", daemon=True).start()
        return True

    def peek(self, session: Any, at: Callable[[Peek], T]) -> T:
        """``session.peek``, for ``compute``: what it waits for the end of a step is no cost of the picture."""
        began, took = monotonic(), 0.0

        def look(peek: Peek) -> T:
            nonlocal took
            start = monotonic()
            try:
                return at(peek)
            finally:
                took = monotonic() - start

        try:
            return session.peek(look)
        finally:
            self._waited += monotonic() - began - took

    def again(self) -> None:
        """Make the picture anew at the next ``update``, whatever it was made from."""
        self._known, self._not_before = None, 0.0
        self.host.wake()

    def close(self) -> None:
        """Take the widget away."""
        self.view.close()

    def _work(self, session: Any) -> None:
        began, self._waited = monotonic(), 0.0
        try:
            found: Any = self.compute(session)
        except Exception as error:  # noqa: BLE001 (shown, and told if nobody expected it)
            found = error
        self._not_before = began + max(PAUSE, PATIENCE * (monotonic() - began - self._waited))
        self._found.put((session, found))
        self.host.wake()

    def _show(self, found: Any) -> None:
        before = self.view.note
        if isinstance(found, WorkbenchError):
            self.show(None)
            self.view.note = str(found)
        elif isinstance(found, BaseException):
            self.show(None)
            self.view.note = FAILED
            if before != FAILED:
                self.host.fail(found)
        else:
            self.show(found)
            self.view.note = ""
