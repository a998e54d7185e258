"""What a schedule may ask of the loop: other tasks, parts of a batch, task gradients, linear models."""

from typing import ClassVar

import pytest
import torch

import workbench as wb
from workbench.component import register
from workbench.schedules import Schedule
from workbench.training.commands import Inbox
from workbench.training.experiment import Experiment
from workbench.training.loop import train
from workbench.training.portions import split_batch
from workbench.training.records import Evaluation, Step, to_line
from workbench.training.state import State
from workbench.training.step import step

SPEC = wb.Spec(
    tasks=["digit", "parity", "ink"], encoder={"name": "mlp", "width": 16}, epochs=2, batch_size=200, affinity=None
)


class Watcher(Schedule):
    """Notes all that it is told."""

    needs: ClassVar[str] = "gramian"
    memory: ClassVar[tuple[str, ...]] = ("seen",)

    def setup(self):
        self.seen = []

    def active(self, step, tasks):
        return [step % tasks]

    def due(self, step):
        return step % 4 == 0

    def look(self, step, *found):
        self.seen.append(("look", step, found))

    def watch(self, step, active, losses):
        self.seen.append(("watch", step, list(active), losses.tolist()))

    def end_epoch(self, scores):
        self.seen.append(("epoch", scores["digit"]["score"]))


class Halver(Watcher):
    """The same with two halves of the batch."""

    needs: ClassVar[str] = "cross_gramian"


class Thirds(Schedule):
    """Parts of the batch that do not change."""

    def active(self, step, tasks):
        return range(tasks)

    def shares(self, step):
        return torch.tensor([0.5, 0.25, 0.25])


class Absent(Schedule):
    """Leaves a task to a linear model."""

    needs: ClassVar[str] = "reference"

    def active(self, step, tasks):
        return [0, 2]

    def left_out(self):
        return [1]


@pytest.fixture(autouse=True, scope="module")
def _only_here():
    """The schedules of these tests are there for no others, not even while tests are collected."""
    from workbench.component import _REGISTRY

    made = {"test_watcher": Watcher, "test_halves": Halver, "test_thirds": Thirds, "test_absent": Absent}
    for name, cls in made.items():
        register("schedule", name)(cls)
    yield
    for name in made:
        _REGISTRY["schedule"].pop(name)


def trained(spec):
    state = State(Experiment(spec))
    return state, list(train(state, Inbox(), lambda: None))


def test_a_schedule_is_told_of_losses_validation_and_gradients():
    state, records = trained(SPEC.replace(schedule="test_watcher"))
    seen = state.exp.schedule.seen
    steps = [r for r in records if isinstance(r, Step)]
    watched = [s for s in seen if s[0] == "watch"]
    assert [(s[1], s[2]) for s in watched] == [(i, [i % 3]) for i in range(len(steps))]
    assert [s[3][0] for s in watched] == pytest.approx([r.losses[i % 3] for i, r in enumerate(steps)])
    looks = {s[1]: s[2] for s in seen if s[0] == "look"}
    assert sorted(looks) == list(range(0, len(steps), 4))
    assert looks[0][0].shape == (3, 3)  # of all tasks, though one trains
    assert looks[0][0].diagonal().min() > 0
    scores = [r.values["digit"]["accuracy"] for r in records if isinstance(r, Evaluation) and r.split == "val"]
    assert [s[1] for s in seen if s[0] == "epoch"] == scores


def test_looking_changes_no_number_of_the_run():
    plain = SPEC.replace(schedule="round_robin", encoder="resnet18", epochs=1, batch_size=600)
    without = [to_line(r) for r in trained(plain)[1]]
    assert [to_line(r) for r in trained(plain.replace(schedule="test_watcher"))[1]] == without
    assert [to_line(r) for r in trained(plain.replace(schedule="test_halves"))[1]] == without


def test_the_halves_of_a_batch_make_the_whole():
    halves = trained(SPEC.replace(schedule="test_halves", epochs=1))[0].exp.schedule.seen
    whole = trained(SPEC.replace(schedule="test_watcher", epochs=1))[0].exp.schedule.seen
    first, second, cross = next(s[2] for s in halves if s[0] == "look")
    G = next(s[2] for s in whole if s[0] == "look")
    torch.testing.assert_close((first + second + cross + cross.T) / 4, G[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("shares", "active", "rows", "counts"),
    [
        ([0.5, 0.25, 0.25], [0, 1, 2], 200, {0: 100, 1: 50, 2: 50}),
        ([0.5, 0.25, 0.25], [1, 2], 9, {1: 5, 2: 4}),
        ([1.0, 0.0, 0.0], [0, 1, 2], 7, {0: 7}),
        ([0.0, 0.0, 1.0], [0, 1], 4, {0: 2, 1: 2}),  # the one with a share is not there: alike
    ],
)
def test_a_batch_is_divided_in_whole_numbers(shares, active, rows, counts):
    assert split_batch(torch.tensor(shares), active, rows) == counts


def test_a_task_trains_on_its_part_of_the_batch_and_every_example_counts_alike():
    exp = Experiment(SPEC.replace(schedule="test_thirds", optimizer="sgd"))
    rows = exp.batches(0)[0][1]
    measured = step(exp, rows, [0, 1, 2], 1, False, {0: 100, 1: 50, 2: 50})
    found = torch.cat([p.grad.flatten() for p in exp.shared])
    again = Experiment(SPEC)
    again.seed_step(1)
    views, targets = again.data.batch(rows)
    outputs = again.model(views)
    parts = {"digit": slice(0, 100), "parity": slice(100, 150), "ink": slice(150, 200)}
    means = [t.loss(outputs[t.name][parts[t.name]], targets[t.name][parts[t.name]]) for t in again.tasks]
    torch.testing.assert_close(measured.losses, torch.stack(means).detach())
    mean_of_examples = (100 * means[0] + 50 * means[1] + 50 * means[2]) / 200
    expected = torch.autograd.grad(3 * mean_of_examples, again.shared)
    torch.testing.assert_close(found, torch.cat([g.flatten() for g in expected]))
    assert measured.weights.tolist() == pytest.approx([1.5, 0.75, 0.75])


def test_a_linear_model_answers_for_a_task_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    spec = SPEC.replace(schedule="test_absent")
    run = wb.train(spec, progress=False)
    tasks = run.summary["tasks"]
    assert {t: found["answered_by"] for t, found in tasks.items()} == {
        "digit": "network", "parity": "logistic regression", "ink": "network"
    }  # fmt: skip
    expected = wb.reference(spec).query("task == 'parity' and metric == 'accuracy'")["test"].item()
    assert tasks["parity"]["test"] == pytest.approx(expected)
    losses = [found["metrics"]["loss"]["test"] for found in tasks.values()]
    assert run.summary["objective"]["test"] == pytest.approx(sum(losses))
    _, data, _ = run.rebuilt()
    accuracy = (run.predict()["parity"] == data.targets["parity"][data.splits["test"]]).double().mean().item()
    assert accuracy == pytest.approx(expected)
    session = wb.start(spec, paused=True)
    with pytest.raises(wb.WorkbenchError, match="'parity' is not trained in this run"):
        session.step(task="parity")
    session.stop()
    session.wait()


def test_no_linear_model_for_sequences():
    with pytest.raises(wb.WorkbenchError, match="no linear model for task"):
        Experiment(wb.Spec(problem="intents", encoder="bilstm", schedule="test_absent"))
