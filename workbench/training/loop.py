"""The training loop: a spec made real goes in, a stream of records comes out."""

import math
from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor

from workbench.training.buffer import Buffer
from workbench.training.commands import Inbox
from workbench.training.evaluate import evaluate, score
from workbench.training.experiment import Experiment
from workbench.training.inspect import inspect
from workbench.training.records import Applied, Begin, End, Evaluation, Record, Step
from workbench.training.state import State
from workbench.training.step import Diverged, step


def train(state: State, inbox: Inbox, save: Callable[[], None]) -> Iterator[Record]:
    """Train from where ``state`` stands to the end, or until a command stops it.

    The same generator serves a thread behind a panel and a plain call: whoever iterates decides.

    Args:
        state: model, optimiser, weighting and position; changed in place.
        inbox: commands, looked at between two steps.
        save: called where the run could be continued from (all records so far have been given out).

    Raises:
        Diverged: a loss is no longer finite; the state is the last good one.
    """
    exp, at, spec = state.exp, state.position, state.exp.spec
    if at.step == 0:
        yield Begin(tuple(exp.names), exp.steps, spec.epochs, exp.parameters)
        yield from validate(state)
    run = Steps(state)
    stopped = False
    while at.epoch < spec.epochs and not stopped and not tired(state):
        exp.enter(at.epoch)
        for batch in exp.batches(at.epoch)[at.batch :]:
            only, stopped = yield from obey(state, inbox, run, save)
            if stopped:
                break
            try:
                run.take(*batch, only)
            except Diverged:
                yield from run.fetch()
                raise
            if run.buffer.full:
                yield from run.fetch()
        else:
            yield from run.fetch()
            exp.end_epoch(epoch_means(state))
            at.epoch, at.batch = at.epoch + 1, 0
            yield from validate(state)
            save()
    yield from run.fetch()
    if stopped and at.batch:
        yield from validate(state)
    save()
    if spec.select == "last":
        at.best_epoch, at.best_step = at.epoch, at.step
    else:
        exp.model.load_state_dict(state.best)
    yield Evaluation(at.best_step, at.best_epoch, "test", evaluate(exp.model, exp.data, "test", spec.precision))
    reason = f"no better validation for {at.waited} epochs" if tired(state) else "all epochs done"
    status, reason = ("stopped", "stopped by hand") if stopped else ("done", reason)
    yield End(at.step, at.epoch, status, reason, at.best_epoch)


def tired(state: State) -> bool:
    """Whether validation has not become better for as long as the spec waits; a resumed run finds the same."""
    patience = state.exp.spec.patience
    return patience is not None and state.position.waited >= patience


class Steps:
    """Takes steps and keeps what they tell until it is fetched."""

    def __init__(self, state: State) -> None:
        exp = state.exp
        self.state, self.exp = state, exp
        self.buffer = Buffer(len(exp.names), exp.device, exp.affinity.name if exp.affinity else "")
        self.factors = exp.lr_factors(state.position.step)
        self.every = map_every(exp)
        self.good = state.good() if exp.device.type != "cpu" else None

    def take(self, rows: Tensor, rows_there: Tensor, only: str | None) -> None:
        """One step on these rows (on the CPU, and on the device), for one task only if it is named."""
        exp, at = self.exp, self.state.position
        lr = at.lr * next(self.factors)
        if exp.optimizer.param_groups[0]["lr"] != lr:
            for group in exp.optimizer.param_groups:
                group["lr"] = lr
        active = exp.schedule.active(at.step, len(exp.names)) if only is None else [exp.names.index(only)]
        if exp.data.labelled:
            there = exp.present(rows)
            active = [i for i in active if i in there]
        want_map = self.every > 0 and at.step % self.every == 0 and len(active) > 1
        measured = step(exp, rows_there, active, at.step + 1, want_map) if active else None
        at.step, at.batch = at.step + 1, at.batch + 1
        self.buffer.add(at.step, at.epoch + 1, lr, measured)

    def fetch(self) -> Iterator[Record]:
        """The records of the steps since the last fetch.

        Raises:
            Diverged: on a GPU, where the block is the first chance to see it; the state is that of the last block.
        """
        at = self.state.position
        for record, active in self.buffer.fetch():
            yield record
            if not isinstance(record, Step):
                continue
            for i in active:
                at.loss_sum[i] += record.losses[i]
                at.loss_count[i] += 1
            if (
                self.good is not None
                and active
                and not math.isfinite(sum(record.losses[i] for i in active) + record.length)
            ):
                self.state.fall_back(self.good)
                task = next((self.exp.names[i] for i in active if not math.isfinite(record.losses[i])), None)
                what = "The gradient" if task is None else f"The loss of task {task!r}"
                raise Diverged(
                    f"{what} became infinite or NaN at step {record.step}; try a lower learning rate than "
                    f"{record.lr:g}, or clip. The state after step {at.step} is kept."
                )
        if self.good is not None:
            self.good = self.state.good()


def map_every(exp: Experiment) -> int:
    """Steps between two affinity maps; 0: none."""
    if exp.affinity is None or len(exp.names) < 2 or not exp.shared:
        return 0
    return exp.affinity.every or (36 * len(exp.names) if exp.weighting.needs == "losses" else 10)


def obey(
    state: State, inbox: Inbox, run: Steps, save: Callable[[], None]
) -> Generator[Record, None, tuple[str | None, bool]]:
    """Take the commands that are due, waiting while paused.

    Returns:
        the one task of the coming step (None: as the schedule says), and whether to stop.
    """
    at = state.position
    while True:
        found = inbox.take(at.step)
        if found is None and not at.paused:
            return None, False
        yield from run.fetch()
        if found is None:
            inbox.wait()
            continue
        command, scripted = found
        task, lr, weights = (command.values.get(key) for key in ("task", "lr", "weights"))
        if weights is not None:
            state.exp.weighting.set_weights(weights)
        if lr is not None:
            at.lr = lr
        if command.name in ("pause", "resume", "step") and not scripted:
            at.paused = command.name != "resume"
        at.steered |= command.name in ("set", "stop") or task is not None
        yield Applied(at.step, at.epoch, command.name, dict(command.values))
        if command.name == "pause":
            save()
        if command.name in ("step", "stop"):
            return task, command.name == "stop"


def validate(state: State) -> Iterator[Record]:
    """Evaluate on validation, keep the model if it is the best so far, and tell what it shows of itself."""
    exp, at = state.exp, state.position
    values = evaluate(exp.model, exp.data, "val", exp.spec.precision)
    yield Evaluation(at.step, at.epoch, "val", values)
    losses = [values[name]["loss"] for name in exp.names]
    at.reference = at.reference or losses
    found = (
        score(values, exp.metrics)
        if exp.spec.select != "val_loss"
        else -sum(loss / start for loss, start in zip(losses, at.reference, strict=True)) / len(losses)
    )
    if exp.spec.select == "last" or found > at.best_score:
        at.best_score, at.best_epoch, at.best_step, at.waited = found, at.epoch, at.step, 0
        state.best = state.snapshot()
    else:
        at.waited += 1
    yield from inspect(state)


def epoch_means(state: State) -> Tensor:
    """Mean training loss of the epoch per task, NaN where a task was absent; starts the next sums."""
    at, count = state.position, len(state.exp.names)
    means = [s / n if n else math.nan for s, n in zip(at.loss_sum, at.loss_count, strict=True)]
    at.loss_sum, at.loss_count = [0.0] * count, [0] * count
    return torch.tensor(means, device=state.exp.device)
