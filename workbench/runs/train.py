"""From a spec to a run: here, in a thread, continued, replayed."""

import os
import sys
from pathlib import Path

from workbench.component import WorkbenchError
from workbench.runs.folder import RunFolder
from workbench.runs.run import Run
from workbench.runs.session import Session
from workbench.runs.steering import Steering, read
from workbench.spec import Spec
from workbench.training.records import Evaluation, Record, Step


def train(spec: Spec, progress: bool = True, out: str | os.PathLike[str] | None = None, steering: Steering = ()) -> Run:
    """Train here and now; Ctrl-C stops after the current step and keeps what there is.

    Args:
        spec: what to train.
        progress: show a progress bar.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.
        steering: what is to be done at which step, as ``run.steering`` gives it, such as
            ``[{"step": 40, "command": "set", "lr": 0.003}]``, or the JSON text of that.

    Raises:
        WorkbenchError: the data do not fit the spec, the steering does not fit the run, a loss became NaN, the disk is
            full, ….
    """
    return _work(Session(spec, out, script=read(steering)), progress)


def start(
    spec: Spec, out: str | os.PathLike[str] | None = None, paused: bool = False, steering: Steering = ()
) -> Session:
    """Train in a thread; returns at once with the session that steers it.

    Args:
        paused: wait for ``resume()`` or ``step()`` before the first step.
        steering: as for ``train``; you may steer beside it.

    Raises:
        WorkbenchError: the data do not fit the spec, or the steering does not fit the run.
    """
    return Session(spec, out, script=read(steering), paused=paused).start()


def resume(path: str | os.PathLike[str], progress: bool = True) -> Run:
    """Continue an interrupted run from its last checkpoint, to the same numbers as if it had never stopped.

    A run that is over is returned as it is.

    Raises:
        WorkbenchError: no run there, one from another version, or one that another process is training.
    """
    folder = RunFolder.find(path)
    if folder.summary() is not None:
        return Run(Path(path))
    return _work(Session(folder.spec(), folder=folder), progress)


def replay(run: Run, progress: bool = True, out: str | os.PathLike[str] | None = None) -> Run:
    """Train the run's spec again with the same steering at the same steps: the same numbers on a CPU.

    Args:
        run: the run to be done again.
    """
    if run.summary["status"] == "interrupted":
        raise WorkbenchError(f"Run {run.path.name!r} was interrupted; resume it before it is replayed.")
    return _work(Session(run.spec, out, script=run.folder.commands()), progress)


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
