"""From a spec to a run: here, in a thread, continued, replayed."""

import os
import signal
import sys
from pathlib import Path

from workbench.component import WorkbenchError
from workbench.runs.folder import RunFolder
from workbench.runs.run import Run
from workbench.runs.session import Session
from workbench.runs.sinks import Sinks, attach, made
from workbench.runs.steering import Steering, read
from workbench.spec import Spec
from workbench.training.commands import Inbox
from workbench.training.exactness import check_exact
from workbench.training.experiment import Experiment
from workbench.training.loop import train as train_loop
from workbench.training.ranks import Ranks
from workbench.training.records import Evaluation, Record, Step
from workbench.training.state import State


def train(
    spec: Spec,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
    steering: Steering = (),
    sinks: Sinks = (),
) -> Run:
    """Train here and now; Ctrl-C stops after the current step and keeps what there is.

    Args:
        spec: what to train.
        progress: show a progress bar.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.
        steering: what is to be done at which step, as ``run.steering`` gives it, such as
            ``[{"step": 40, "command": "set", "lr": 0.003}]``, or the JSON text of that.
        sinks: where else the records go while it trains: ``"tensorboard"``, ``"mlflow"``, with a folder or an address
            after a colon if need be (``"tensorboard:events"``), or a ``Sink`` of your own. One that fails is warned of,
            and the training goes on.

    Raises:
        WorkbenchError: the data do not fit the spec, the steering does not fit the run, a sink's package is missing, a
            loss became NaN, the disk is full, ….
    """
    to = made(sinks)
    return _work(attach(Session(spec, out, script=read(steering)), to), progress)


def start(
    spec: Spec,
    out: str | os.PathLike[str] | None = None,
    paused: bool = False,
    steering: Steering = (),
    sinks: Sinks = (),
) -> Session:
    """Train in a thread; returns at once with the session that steers it.

    Args:
        paused: wait for ``resume()`` or ``step()`` before the first step.
        steering: as for ``train``; you may steer beside it.
        sinks: as for ``train``; what they could not write is in ``session.errors``.

    Raises:
        WorkbenchError: the data do not fit the spec, the steering does not fit the run, or a sink's package is missing.
    """
    to = made(sinks)
    return attach(Session(spec, out, script=read(steering), paused=paused), to).start()


def resume(path: str | os.PathLike[str], progress: bool = True, sinks: Sinks = ()) -> Run:
    """Continue an interrupted run from its last checkpoint, to the same numbers as if it had never stopped.

    A run that is over is returned as it is.

    Args:
        sinks: as for ``train``; they go on from that checkpoint.

    Raises:
        WorkbenchError: no run there, one from another version, or one that another process is training.
    """
    folder = RunFolder.find(path)
    if folder.summary() is not None:
        return Run(Path(path))
    to = made(sinks)
    return _work(attach(Session(folder.spec(), folder=folder), to), progress)


def replay(run: Run, progress: bool = True, out: str | os.PathLike[str] | None = None) -> Run:
    """Train the run's spec again with the same steering at the same steps: the same numbers on a CPU.

    Args:
        run: the run to be done again.
    """
    if run.summary["status"] == "interrupted":
        raise WorkbenchError(f"Run {run.path.name!r} was interrupted; resume it before it is replayed.")
    return _work(Session(run.spec, out, script=run.folder.commands()), progress)


def train_together(
    spec: Spec,
    ranks: Ranks,
    progress: bool = True,
    out: str | os.PathLike[str] | None = None,
    steering: Steering = (),
    sinks: Sinks = (),
) -> Run | None:
    """Train one run on several processes, to the numbers of one process; called by each of them.

    Args:
        ranks: this process among them.
        progress, out, steering, sinks: as for ``train``; the first process shows and writes.

    Returns:
        the run in the first process, None in the others.

    Raises:
        WorkbenchError: as for ``train``; what cannot be trained to the numbers of one process; a process was lost.
    """

    def build() -> Session | State:
        ranks.place(spec.device)
        if ranks.main:
            to = made(sinks)
            return attach(Session(spec, out, script=read(steering), ranks=ranks), to)
        exp = Experiment(spec, ranks)
        check_exact(exp)
        return State(exp)

    built = ranks.together(build)
    ranks.connect()
    if isinstance(built, Session):
        return _work(built, progress)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the first process is asked to stop, and says so to all
    for _ in train_loop(built, Inbox(), lambda: None):
        pass
    return None


def _work(session: Session, progress: bool) -> Run:
    if not progress:
        return session.work()
    from tqdm import tqdm

    with tqdm(total=session.total_steps, initial=session.step_number, unit="step", file=sys.stdout, ncols=100) as bar:

        def show(record: Record) -> None:
            if isinstance(record, Step):
                bar.update(record.step - bar.n)
            elif isinstance(record, Evaluation) and record.split == "val":
                bar.set_postfix_str(
                    " ".join(f"{task} {values['loss']:.3f}" for task, values in record.values.items()), refresh=False
                )

        session.listen(show)
        return session.work()
