"""The training loop: a spec made real goes in, a stream of records comes out."""

import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from workbench.training.buffer import Buffer
from workbench.training.commands import Command, Inbox
from workbench.training.evaluate import evaluate, score
from workbench.training.experiment import Experiment
from workbench.training.inspect import inspect
from workbench.training.judge import losses_again
from workbench.training.portions import split_batch
from workbench.training.probe import task_gradients
from workbench.training.records import Applied, Begin, Effect, End, Evaluation, Record, Step
from workbench.training.state import State
from workbench.training.step import Diverged, step


def train(state: State, inbox: Inbox, save: Callable[[], None]) -> Iterator[Record]:
    """Train from where ``state`` stands to the end, or until a command stops it.

    Of several processes each iterates over its own; the first takes commands, evaluates, and tells the others between
    two steps. The same generator serves a thread behind a panel and a plain call: whoever iterates decides.

    Args:
        state: model, optimiser, weighting and position; changed in place.
        inbox: commands, looked at between two steps.
        save: called where the run could be continued from (all records so far have been given out).

    Raises:
        Diverged: a loss is no longer finite; the state is the last good one.
    """
    exp, at, spec = state.exp, state.position, state.exp.spec
    at.paused = exp.ranks.broadcast(at.paused)
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
            exp.ranks.check_same(exp.model.parameters())
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
    tested = evaluated(exp, "test")
    yield Evaluation(at.best_step, at.best_epoch, "test", tested)
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
        self.effects: list[Effect] = []

    def take(self, rows: Tensor, rows_there: Tensor, only: str | None) -> None:
        """One step on these rows (on the CPU, and on the device), for one task only if it is named."""
        exp, at = self.exp, self.state.position
        lr = at.lr * next(self.factors)
        if exp.optimizer.param_groups[0]["lr"] != lr:
            for group in exp.optimizer.param_groups:
                group["lr"] = lr
        if exp.schedule.due(at.step):
            exp.schedule.look(at.step, *task_gradients(exp, rows, rows_there, at.step + 1))
        active = exp.schedule.active(at.step, len(exp.names)) if only is None else [exp.names.index(only)]
        if exp.data.labelled:
            there = exp.present(rows)
            active = [i for i in active if i in there]
        shares = exp.schedule.shares(at.step) if only is None else None
        portions = split_batch(shares, active, len(rows)) if shares is not None and active else None
        active = list(portions) if portions else active
        want_map = self.every > 0 and (at.step % self.every == 0 or at.step == exp.steps - 1) and len(active) > 1
        alone = only is not None and bool(active)
        before = self.losses(rows, rows_there, at.step + 1) if alone else None
        measured = step(exp, rows_there, active, at.step + 1, want_map, portions) if active else None
        if measured is not None:
            exp.schedule.watch(at.step, active, measured.losses)
        at.step, at.batch = at.step + 1, at.batch + 1
        self.buffer.add(at.step, at.epoch + 1, lr, measured)
        if only is not None and before is not None:
            self.effects.append(Effect(at.step, at.epoch + 1, only, before, self.losses(rows, rows_there, at.step)))

    def losses(self, rows: Tensor, rows_there: Tensor, number: int) -> tuple[float, ...]:
        """Losses of all tasks on the batch of a step, as that step sees it; NaN where a task has no label."""
        present = self.exp.present(rows)
        found = dict(zip(present, losses_again(self.exp, rows_there, present, number).tolist(), strict=True))
        return tuple(found.get(i, math.nan) for i in range(len(self.exp.names)))

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
        effects, self.effects = self.effects, []
        yield from effects


def map_every(exp: Experiment) -> int:
    """Steps between two affinity maps, the last step having one in any case; 0: none."""
    if exp.affinity is None or len(exp.names) < 2 or not exp.shared:
        return 0
    return exp.affinity.period(len(exp.names), exp.weighting.needs != "losses", exp.steps)


def obey(
    state: State, inbox: Inbox, run: Steps, save: Callable[[], None]
) -> Generator[Record, None, tuple[str | None, bool]]:
    """Take the commands that are due, waiting while paused.

    Returns:
        the one task of the coming step (None: as the schedule says), and whether to stop.
    """
    at = state.position
    while True:
        inbox.serve()
        found = due(state.exp, inbox, at.step)
        if found is None and not at.paused:
            return None, False
        yield from run.fetch()
        if found is None:
            if state.exp.ranks.main:
                inbox.wait(state.exp.ranks.beat)
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
    values = evaluated(exp, "val")
    scores = {task: {**values[task], "score": values[task][metric]} for task, metric, _ in exp.metrics}
    exp.schedule.end_epoch(scores)
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
    if exp.ranks.main:
        yield from inspect(state)


def evaluated(exp: Experiment, split: str) -> dict[str, dict[str, float]]:
    """Loss and metrics of a split; of several processes the first finds them, and all go by its numbers."""
    main = exp.ranks.main
    found = evaluate(exp.model, exp.data, split, exp.spec.precision, exp.answers) if main else {}
    return exp.ranks.broadcast(found)


def due(exp: Experiment, inbox: Inbox, step: int) -> tuple[Command, bool] | None:
    """The next command and whether it comes from the script; of several processes all take those of the first."""
    found = inbox.take(step) if exp.ranks.main else None
    if not exp.ranks.many:
        return found
    told: Any = exp.ranks.broadcast(found and [found[0].name, found[0].values, found[1]])
    return (Command(told[0], told[1]), told[2]) if told else None


def epoch_means(state: State) -> Tensor:
    """Mean training loss of the epoch per task, NaN where a task was absent; starts the next sums."""
    at, count = state.position, len(state.exp.names)
    means = [s / n if n else math.nan for s, n in zip(at.loss_sum, at.loss_count, strict=True)]
    at.loss_sum, at.loss_count = [0.0] * count, [0] * count
    return torch.tensor(means, device=state.exp.device)
