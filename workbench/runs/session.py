"""A run in progress: pause, step, steer, stop, from any thread."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from workbench.component import WorkbenchError, as_sentence
from workbench.runs.folder import RunFolder, unwritable
from workbench.runs.history import History
from workbench.runs.peek import Peek
from workbench.runs.steering import check, check_step, is_rate
from workbench.runs.summary import summarise
from workbench.spec import Spec
from workbench.training.commands import Command, Inbox, steers
from workbench.training.exactness import check_exact
from workbench.training.experiment import Experiment
from workbench.training.loop import train
from workbench.training.ranks import ALONE, Lost, Ranks
from workbench.training.records import Applied, End, Record
from workbench.training.state import State
from workbench.training.step import Diverged

#: records are handed to the run folder in blocks of about this many seconds
BLOCK_SECONDS = 0.5
#: seconds between two checkpoints at epoch ends
CHECKPOINT_SECONDS = 5.0
#: seconds between two looks whether a run that was asked for something is over
PEEK_SECONDS = 0.02

T = TypeVar("T")
#: the sessions of this process that train, by run folder
_in_progress: dict[Path, "Session"] = {}


def in_progress(path: Path) -> "Session | None":
    """The session of this process that trains a run, by its folder; None: none does."""
    return _in_progress.get(path.resolve())


def trained_by(thread: int) -> "Session | None":
    """The session that a thread of this process trains, by its identifier; None: none."""
    return next((session for session in list(_in_progress.values()) if session.trainer == thread), None)


class Session:
    """A run in progress.

    The same session trains in a thread behind a panel (``start``) or right here (``work``). Commands may come from any
    thread and take effect at the next step boundary.

    Args:
        spec: what to train.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.
        script: commands to be taken at their steps.
        paused: wait for ``resume`` or ``step`` before the first step.
        folder: an interrupted run to be continued.
        ranks: the processes that train it together, of which this is the first; by default this one alone.

    Raises:
        WorkbenchError: the data do not fit the spec, or the commands do not fit the run.

    Attributes:
        status: ``running``, ``paused``, ``done``, ``stopped`` or ``failed``.
        error: one sentence, if it failed.
        trainer: the identifier of the thread that trains it, once one does.
        errors: sentences about what went wrong beside the training, such as a sink that could not be written to.
        history: curves and maps so far.
    """

    def __init__(
        self,
        spec: Spec,
        out: str | os.PathLike[str] | None = None,
        script: Iterable[Applied] = (),
        paused: bool = False,
        folder: RunFolder | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.spec = spec
        self.exp = Experiment(spec, ranks)
        if ranks.many:
            check_exact(self.exp)
        script = list(filter(steers, script))
        check(script, self.exp)
        self.state = State(self.exp)
        self.folder = folder or RunFolder.create(spec, out, script, ranks.size)
        self.history = History()
        self.error: str | None = None
        self.errors: list[str] = []
        self.failure: BaseException | None = None
        self.trainer: int | None = None
        self.seconds = 0.0
        self.over = threading.Event()
        self._outcome = ""
        self._listeners: list[Callable[[Record], None]] = []
        self._waiting: list[Callable[[str], None]] = []
        self._thread: threading.Thread | None = None
        self.folder.lock()
        try:
            offset = self.folder.load(self.state) if folder is not None else 0
            if folder is not None:  # what was steered after the checkpoint is done again
                script = [*folder.commands(offset), *folder.to_come()]
            self.folder.open(offset)
        except OSError as error:
            self.folder.close()
            raise unwritable(self.folder.path, error) from None
        if offset:
            self.history = History(self.folder.records())
        self.state.position.paused = paused
        self.inbox = Inbox(script)
        self._first_step = self.state.position.step
        self._clock = self._written = self._saved = perf_counter()
        self._waited = 0.0
        self._block: list[Record] = []

    # ------------------------------------------------------------------ reading

    @property
    def path(self) -> Any:
        """The run folder."""
        return self.folder.path

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks."""
        return self.exp.names

    @property
    def status(self) -> str:
        """``running``, ``paused``, ``done``, ``stopped`` or ``failed``."""
        if self.over.is_set():
            return self._outcome
        return "paused" if self.state.position.paused else "running"

    @property
    def alive(self) -> bool:
        """Whether it is in progress, running or paused."""
        return not self.over.is_set()

    @property
    def metrics(self) -> dict[str, str]:
        """Task -> its conventional metric."""
        return {task: name for task, name, _ in self.exp.metrics}

    @property
    def device(self) -> str:
        """Where it computes."""
        return str(self.exp.device)

    @property
    def step_number(self) -> int:
        """Updates done."""
        return self.state.position.step

    @property
    def total_steps(self) -> int:
        """Updates of the whole run."""
        return self.exp.steps

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.state.position.epoch

    @property
    def lr(self) -> float:
        """Learning rate, before the factor of its schedule."""
        return self.state.position.lr

    @property
    def steps_per_second(self) -> float:
        """Mean speed since it was started, waiting left out."""
        seconds = self.seconds
        if self.status == "running":
            seconds += perf_counter() - self._clock - (self.inbox.waited - self._waited)
        return (self.step_number - self._first_step) / seconds if seconds > 0 else 0.0

    @property
    def weights_settable(self) -> bool:
        """Whether task weights may be set by hand."""
        return self.exp.weighting.steerable

    @property
    def run(self) -> Any:
        """The run, readable while it trains."""
        from workbench.runs.run import Run

        return Run(self.folder.path, session=self)

    def peek(self, at: Callable[[Peek], T]) -> T:
        """What a function finds in the model as it is, between two steps; once the run is over, in the selected one.

        It is called in the thread that trains, so it should be quick, and it must change nothing. Not to be called in
        that thread itself.

        Raises:
            Exception: whatever the function raised; training goes on.
        """
        found: Future[T] = Future()

        def look() -> None:
            exp, position = self.exp, self.state.position
            selected = self.over.is_set() and self.failure is None
            step = position.best_step if selected else position.step
            try:
                found.set_result(at(Peek(step, exp.model, exp.data, exp.answers, self.spec.precision)))
            except BaseException as error:  # noqa: BLE001 (raised where it was asked for)
                found.set_exception(error)

        self.inbox.ask(look)
        while not wait_for({found}, PEEK_SECONDS).done:
            if self.over.is_set():
                self.inbox.serve()
        return found.result()

    # ------------------------------------------------------------------ steering

    def pause(self) -> None:
        """Wait after the current step."""
        self._put("pause")

    def resume(self) -> None:
        """Go on."""
        self._put("resume")

    def step(self, n: int = 1, task: str | None = None) -> None:
        """Pause, and take ``n`` steps; for one task alone if it is named.

        Raises:
            WorkbenchError: no such task, or ``n`` below 1.
        """
        check_step(n, task, self.exp.names, self.exp.answers)
        for _ in range(n):
            self._put("step", **({"task": task} if task else {}))

    def set(self, lr: float | None = None, weights: dict[str, float] | None = None) -> None:
        """Change the learning rate, or task weights (where the weighting leaves them to you).

        Raises:
            WorkbenchError: a value out of range, an unknown task, or a weighting that computes its own weights.
        """
        values: dict[str, Any] = {}
        if lr is not None:
            if not is_rate(lr):
                raise WorkbenchError(f"set(lr=…) should be a number above 0, found {lr!r}.")
            values["lr"] = float(lr)
        if weights is not None:
            self.exp.weighting.check_weights(weights)
            values["weights"] = {name: float(weight) for name, weight in weights.items()}
        if values:
            self._put("set", **values)

    def stop(self) -> None:
        """End the run after the current step; what there is is kept."""
        self._put("stop")

    def _put(self, name: str, **values: Any) -> None:
        if not self.over.is_set():
            self.inbox.put(Command(name, values))

    # ------------------------------------------------------------------ training

    def listen(self, listener: Callable[[Record], None], ended: Callable[[str], None] | None = None) -> None:
        """Call ``listener(record)`` for every record, in the training thread; before the run starts.

        Args:
            ended: called once with the status at the end, however it came.
        """
        self._listeners.append(listener)
        if ended is not None:
            self._waiting.append(ended)

    def start(self) -> "Session":
        """Train in a thread of its own; returns at once."""
        _in_progress[self.path.resolve()] = self
        self._thread = threading.Thread(target=self._train, name=f"workbench {self.path.name}", daemon=True)
        self._thread.start()
        return self

    def work(self) -> Any:
        """Train right here; Ctrl-C stops after the current step and keeps what there is.

        Returns:
            the Run.
        """
        _in_progress[self.path.resolve()] = self
        with _interrupt(self.stop, self.exp.ranks.many):
            self._train()
        return self._result()

    def wait(self) -> Any:
        """Wait for the end; Ctrl-C (the notebook's interrupt button) stops the run gracefully.

        Returns:
            the Run.

        Raises:
            WorkbenchError: the run failed.
        """
        while not self.over.is_set():
            try:
                self.over.wait(0.2)
            except KeyboardInterrupt:
                self.stop()
        if self._thread is not None:
            self._thread.join()
        return self._result()

    def _result(self) -> Any:
        if self.failure is not None:
            raise self.failure
        return self.run

    def _train(self) -> None:
        """Run the loop, hand every record on, and leave a readable folder whatever happens."""
        self.trainer = threading.get_ident()
        self._clock = self._written = self._saved = perf_counter()
        end: End | None = None
        try:
            try:
                for record in train(self.state, self.inbox, self._checkpoint):
                    self.history.add(record)
                    self._block.append(record)
                    for listener in self._listeners:
                        listener(record)
                    if isinstance(record, End):
                        end = record
                    if isinstance(record, Applied) or perf_counter() - self._written > BLOCK_SECONDS:
                        self._write()
            except Diverged as error:
                end = self._ended("failed", error)
                self.folder_save()
            self._write()
        except OSError as error:
            end = self._ended("failed", unwritable(self.folder.path, error))
        except BaseException as error:  # noqa: BLE001 (kept, shown, and raised by wait)
            end = self._ended("failed", _spoken(error, self.spec))
        assert end is not None
        try:
            self._tick()
            if not isinstance(self.failure, Lost):  # what other processes left behind can be continued
                summary = summarise(self, end)
                self.folder.finish(self.exp.model.state_dict(), summary, self.history.frame())
        except OSError as error:
            self._ended("failed", unwritable(self.folder.path, error))
        finally:
            self.folder.close()
            self._outcome = "failed" if self.failure else end.status
            for ended in self._waiting:
                ended(self._outcome)
            _in_progress.pop(self.path.resolve(), None)
            self.over.set()

    def _ended(self, status: str, error: BaseException) -> End:
        self.failure, self.error = error, as_sentence(error)
        at = self.state.position
        end = End(at.step, at.epoch, status, self.error, at.best_epoch)
        self.history.add(end)
        self._block.append(end)
        return end

    def _write(self) -> None:
        block, self._block = self._block, []
        self.folder.write(block)
        self._written = perf_counter()

    def _tick(self) -> None:
        """Count the time since the last call, less what was spent waiting for commands."""
        now, waited = perf_counter(), self.inbox.waited
        spent = now - self._clock - (waited - self._waited)
        self._clock, self._waited = now, waited
        self.seconds += spent
        self.state.position.seconds += spent

    def _checkpoint(self) -> None:
        """Called by the loop where the run could be continued from."""
        self._tick()
        due = perf_counter() - self._saved > CHECKPOINT_SECONDS
        if due or self.state.position.paused or self.state.position.epoch == self.spec.epochs:
            self.folder_save()

    def folder_save(self) -> None:
        """Write the records so far and a state to continue from."""
        self._write()
        self.folder.save(self.state)
        self._saved = perf_counter()


def _spoken(error: BaseException, spec: Spec) -> BaseException:
    """Out of memory in one sentence; everything else as it is."""
    if "out of memory" in str(error).lower():
        return WorkbenchError(
            f"Out of memory with batch_size = {spec.batch_size}; try {max(spec.batch_size // 2, 1)}, "
            "a smaller encoder or precision='bf16'."
        )
    return error


@contextmanager
def _interrupt(stop: Callable[[], None], together: bool = False):  # type: ignore[no-untyped-def]
    """While it lasts, the first Ctrl-C calls ``stop``; a second one interrupts as usual.

    Args:
        together: one of several processes, whose launcher repeats an interrupt, also as a termination: all of them call
            ``stop``.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [signal.SIGINT, signal.SIGTERM] if together else [signal.SIGINT]
    before = {number: signal.getsignal(number) for number in signals}

    def once(number: int, frame: Any) -> None:
        if not together:
            signal.signal(number, before[signal.SIGINT])
        stop()

    for number in signals:
        signal.signal(number, once)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
