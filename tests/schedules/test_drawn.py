"""Schedules that draw tasks: by labels, by a bandit, by the gap to a target."""

import math

import pytest
import torch

import workbench as wb
from tests.schedules.examples import SPEC, begun, roster
from workbench.training.commands import Inbox
from workbench.training.experiment import Experiment
from workbench.training.loop import train
from workbench.training.records import Evaluation
from workbench.training.state import State

NAN = float("nan")
LABELS = roster(labels=[100, 20, 4], steps=5 * 10)


def scores(*values):
    return {name: {"loss": 9.0, "score": value} for name, value in zip("abc", values, strict=True)}


# ---------------------------------------------------------------- by labels


@pytest.mark.parametrize(
    ("name", "settings", "step", "sizes"),
    [
        ("proportional", {}, 0, [100, 20, 4]),
        ("temperature", {"temperature": 1.0}, 0, [100, 20, 4]),
        ("temperature", {"temperature": 2.0}, 0, [10, math.sqrt(20), 2]),
        ("temperature", {"temperature": 1.0, "cap": 20}, 0, [20, 20, 4]),
        ("annealed", {}, 0, [100, 20, 4]),
        ("annealed", {}, 9, [100, 20, 4]),  # the first epoch of five
        ("annealed", {}, 10, [100**0.8, 20**0.8, 4**0.8]),
        ("annealed", {}, 49, [100**0.2, 20**0.2, 4**0.2]),
        ("annealed", {"fall": 1.0}, 49, [1, 1, 1]),
    ],
)
def test_probabilities_by_labels(name, settings, step, sizes):
    found = begun(name, LABELS, **settings).probabilities(step)
    torch.testing.assert_close(found, torch.tensor(sizes, dtype=torch.float64) / sum(sizes))


def test_a_single_epoch_is_not_annealed():
    schedule = begun("annealed", roster(labels=[100, 20, 4], steps=10))
    torch.testing.assert_close(schedule.probabilities(9), torch.tensor([100, 20, 4]).double() / 124)


def test_draws_follow_the_probabilities_and_step_and_seed_alone():
    schedule = begun("proportional", LABELS)
    drawn = [schedule.active(step, 3) for step in range(2000)]
    assert all(len(tasks) == 1 for tasks in drawn)
    counts = torch.bincount(torch.tensor(drawn).flatten(), minlength=3) / 2000
    p = schedule.probabilities(0)
    assert ((counts - p).abs() < 4 * (p * (1 - p) / 2000).sqrt()).all()
    assert [schedule.active(step, 3) for step in range(50)] == drawn[:50]
    other = begun("proportional", roster(labels=[100, 20, 4], seed=4))
    assert [other.active(step, 3) for step in range(50)] != drawn[:50]


def test_several_tasks_per_step_are_different_ones():
    schedule = begun("proportional", LABELS, tasks_per_step=2)
    drawn = [schedule.active(step, 3) for step in range(200)]
    assert all(len(tasks) == 2 and tasks[0] < tasks[1] for tasks in drawn)
    assert begun("proportional", LABELS, tasks_per_step=3).active(0, 3) == [0, 1, 2]
    with pytest.raises(wb.WorkbenchError, match="tasks_per_step = 4, but there are 3 tasks; at most 3"):
        begun("proportional", tasks_per_step=4)


@pytest.mark.parametrize("name", ["proportional", "temperature", "annealed"])
def test_a_task_without_labels_is_not_drawn(name):
    schedule = begun(name, roster(labels=[10, 0, 5]), tasks_per_step=3)
    assert all(schedule.active(step, 3) == [0, 2] for step in range(20))


def test_labels_are_those_of_the_training_rows():
    exp = Experiment(SPEC.replace(schedule="proportional"))
    assert list(exp.schedule.roster.labels) == [len(exp.pool)] * 3


# ---------------------------------------------------------------- the bandit


def test_exp3_by_hand():
    schedule = begun("exp3", gamma=0.3, every=1)
    assert schedule.probabilities().tolist() == pytest.approx([1 / 3] * 3)
    schedule.watch(0, [0], torch.tensor([2.0]))  # a first loss teaches nothing
    assert schedule.scores == [0, 0, 0]
    schedule.watch(1, [0], torch.tensor([1.0]))  # fell by a half; alone among falls, so in the middle
    assert schedule.scores == pytest.approx([0.3 / 3 * 0.5 / (1 / 3), 0, 0])
    schedule.watch(2, [1], torch.tensor([4.0]))
    before, p = list(schedule.scores), schedule.probabilities().tolist()
    schedule.watch(3, [1], torch.tensor([1.0]))  # fell by three quarters: the best of two
    assert schedule.scores[1] == pytest.approx(before[1] + 0.3 / 3 * 1.0 / p[1])
    p = schedule.probabilities()
    expected = 0.7 * torch.tensor(schedule.scores).double().softmax(0) + 0.1
    torch.testing.assert_close(p, expected)
    assert schedule.scores[2] == 0


def test_exp3_scales_rewards_by_quantiles():
    schedule = begun("exp3", every=1)
    schedule.falls, schedule.last = [0.1 * i for i in range(-1, 10)], [1.0, 1.0, 1.0]
    assert schedule.reward(0, 0.05) == 1.0
    assert schedule.reward(1, 1.2) == 0.0
    falls = torch.tensor([*schedule.falls, 0.5]).double()
    low, high = falls.quantile(torch.tensor([0.2, 0.8]).double())
    assert schedule.reward(2, 0.5) == pytest.approx(float((0.5 - low) / (high - low)))
    for _ in range(300):
        schedule.reward(0, 0.1)
    assert len(schedule.falls) == 100


def test_exp3_reads_losses_once_in_a_while_and_learns_the_same_as_one_by_one():
    """Within a block the probabilities are those with which its tasks were drawn."""
    schedule = begun("exp3", every=4)
    for step, loss in enumerate([3.0, 2.0, 1.5]):
        schedule.watch(step, [0], torch.tensor([loss]))
    assert schedule.scores == [0, 0, 0]
    schedule.watch(3, [0], torch.tensor([1.4]))
    by_hand = begun("exp3", every=1)
    rewards = [by_hand.reward(0, loss) for loss in (3.0, 2.0, 1.5, 1.4)]
    assert schedule.scores == pytest.approx([0.2 / 3 * sum(rewards) / (1 / 3), 0, 0])
    assert schedule.who == []
    assert schedule.told == []


def test_exp3_draws_the_task_that_learns():
    schedule = begun("exp3", every=5)
    losses, drawn = [1.0, 1.0, 1.0], []
    for step in range(600):
        (i,) = schedule.active(step, 3)
        losses[i] *= 0.99 if i == 1 else 1.0
        drawn.append(i)
        schedule.watch(step, [i], torch.tensor([losses[i]]))
    late = torch.bincount(torch.tensor(drawn[300:]), minlength=3) / 300
    assert late[1] > 0.6
    assert late.min() > 0.02  # the others are still tried


@pytest.mark.parametrize("loss", [NAN, float("inf"), 0.0, -1.0])
def test_exp3_stands_any_loss(loss):
    schedule = begun("exp3", every=1)
    for step, told in enumerate([1.0, loss, 1.0, loss, 0.5]):
        schedule.watch(step, [2], torch.tensor([told]))
    assert torch.isfinite(schedule.probabilities()).all()


# ---------------------------------------------------------------- the gap to a target


def test_active_by_hand():
    told = roster(higher_is_better=[True, False, True])
    schedule = begun("active", told, targets={"a": 0.8, "b": 0.5, "c": 0.0}, temperature=0.5)
    schedule.end_epoch(scores(0.6, 0.75, -0.1))
    gaps = [0.25, 0.5, 0.1]
    expected = (torch.tensor(gaps, dtype=torch.float64) / 0.5).softmax(0)
    torch.testing.assert_close(schedule.probabilities(0), expected)
    schedule.end_epoch(scores(0.8, NAN, 0.0))  # what cannot be said stays as it was
    torch.testing.assert_close(schedule.probabilities(0), (torch.tensor([0, 0.5, 0]).double() / 0.5).softmax(0))


def test_active_sees_validation_scores():
    exp = Experiment(SPEC.replace(schedule={"name": "active", "targets": {"digit": 0.9, "parity": 0.5, "ink": 1.0}}))
    last = [r for r in train(State(exp), Inbox(), list) if isinstance(r, Evaluation) and r.split == "val"][-1]
    expected = [(0.9 - last.values["digit"]["accuracy"]) / 0.9, (0.5 - last.values["parity"]["accuracy"]) / 0.5]
    assert exp.schedule.gaps[:2] == pytest.approx(expected)


def test_active_says_which_targets_are_missing_or_unknown():
    with pytest.raises(wb.WorkbenchError) as caught:
        begun("active", roster(["digit", "parity", "ink"]), targets={"digit": 0.9, "party": 0.9})
    assert len(caught.value.faults) == 2
    assert "names no task 'party': did you mean 'parity'" in caught.value.faults[0]
    assert "has no target for 'parity', 'ink'" in caught.value.faults[1]
    assert 'wb.baseline(spec).summary["tasks"].items()' in caught.value.faults[1]


def test_what_active_asks_for_is_what_a_baseline_gives(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    spec = SPEC.replace(epochs=1)
    targets = {t: s["val"] for t, s in wb.baseline(spec, progress=False).summary["tasks"].items()}
    run = wb.train(spec.replace(schedule={"name": "active", "targets": targets}), progress=False)
    assert run.summary["status"] == "done"
