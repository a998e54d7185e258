"""Samplings: how often each example comes, batches of one data set, what is learned from losses, resuming, faults."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.component import WorkbenchError, component, members
from workbench.runs.preview import preview
from workbench.sampling import Pool
from workbench.sampling.base import drawn
from workbench.training.evaluate import example_losses
from workbench.training.experiment import Experiment

NAN = float("nan")
BY_SOURCE = ["round_robin", "proportional", "temperature", "by_loss"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sampling(name: str, **chosen):
    return component("sampling", name)(**chosen)


def pool(sizes=(70, 20, 10), batch_size: int = 8, labels=None) -> Pool:
    """Data sets a, b, c with a task each; row numbers are not positions."""
    sources = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    n = len(sources)
    labelled = {name: sources == i for i, name in enumerate("abc"[: len(sizes)])}
    labels = {} if labels is None else {"a": torch.tensor(labels)}
    return Pool(torch.arange(n) * 2 + 5, batch_size, labelled, labels, sources, list("abc")[: len(sizes)])


def batches(name: str, examples: Pool, seed: int = 0, **chosen) -> list[torch.Tensor]:
    """Positions in the pool, batch by batch."""
    found = sampling(name, **chosen).order(examples, seeded(seed))
    return list(((found - 5) // 2).split(examples.batch_size))


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", members("sampling"))
def test_an_epoch_has_its_steps_and_follows_from_the_generator(name):
    examples = pool(labels=[row % 2 for row in range(100)])
    policy = sampling(name)
    policy.begin(examples)
    policy.end_epoch(examples, {"a": 1.0, "b": 2.0, "c": NAN}, lambda: torch.rand(100, generator=seeded(1)))
    order = policy.order(examples, seeded(3))
    assert len(order.split(8)) == examples.steps == 13
    assert set(order.tolist()) <= set(examples.rows.tolist())
    assert torch.equal(order, policy.order(examples, seeded(3)))
    assert not torch.equal(order, policy.order(examples, seeded(4)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.just(0.0) | st.floats(0.01, 100), min_size=1, max_size=20).filter(any),
    st.integers(1, 60),
    st.integers(0, 99),
)
def test_draws_differ_from_their_expectation_by_less_than_one(weights, count, seed):
    weights = torch.tensor(weights)
    strata = torch.arange(len(weights)) % 3
    found = drawn(weights, count, seeded(seed), strata)
    wanted = weights.double() / weights.double().sum() * count
    counts = torch.bincount(found, minlength=len(weights))
    assert len(found) == count
    assert ((counts - wanted).abs() < 1 + 1e-6).all()
    for stratum in range(3):
        assert abs((counts - wanted)[strata == stratum].sum()) < 1 + 1e-6


# ---------------------------------------------------------------- classes


def test_class_balanced_shows_all_classes_equally_often():
    labels = [0] * 80 + [1] * 15 + [2] * 5
    found = torch.cat(batches("class_balanced", pool(labels=labels, batch_size=10)))
    counts = torch.bincount(torch.tensor(labels)[found])
    assert counts.sum() == 100
    assert counts.max() - counts.min() <= 1
    repeats = torch.bincount(found, minlength=100)
    assert repeats[:80].max() == 1
    assert repeats[95:].min() >= 6


def test_class_balanced_leaves_examples_without_a_label_their_share():
    labels = [-100] * 60 + [0] * 30 + [1] * 10
    found = torch.tensor(labels)[torch.cat(batches("class_balanced", pool(labels=labels)))]
    assert [int((found == label).sum()) for label in (-100, 0, 1)] == [60, 20, 20]


def test_class_balanced_knows_its_task():
    spec = wb.Spec(sampling={"name": "class_balanced", "task": "loops"}, tasks=["digit", "loops"])
    exp = Experiment(spec)
    rows = torch.cat([rows for rows, _ in exp.batches(0)])
    counts = torch.bincount(exp.data.targets["loops"][rows])
    assert counts.max() - counts.min() <= 1
    assert (torch.bincount(exp.data.targets["digit"][rows]) > 0).all()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sampling": {"name": "class_balanced", "task": "loop"}}, "names the task 'loop': did you mean 'loops'?"),
        (
            {"sampling": {"name": "class_balanced", "task": "loops"}, "tasks": ["digit"]},
            "names the task 'loops': allowed: digit",
        ),
        ({"sampling": {"name": "class_balanced", "task": "ink"}}, "task 'ink' has no classes: allowed: digit, parity"),
        ({"sampling": "class_balanced", "tasks": ["ink"]}, "needs a task with one class per example; here is none"),
        (
            {"sampling": "round_robin"},
            "'round_robin' chooses between data sets, but the training examples are from one",
        ),
    ],
)
def test_faults_are_one_sentence(fields, words):
    with pytest.raises(WorkbenchError) as error:
        Experiment(wb.Spec(**fields))
    (fault,) = error.value.faults
    assert words in fault


# ---------------------------------------------------------------- hard examples


def test_hard_examples_come_in_proportion_to_their_loss():
    policy, examples = sampling("hard_example", uniform=0.0), pool((100,), batch_size=10)
    first = policy.order(examples, seeded())
    assert sorted(first.tolist()) == examples.rows.tolist()
    losses = torch.cat([torch.zeros(50), torch.full((40,), 0.5), torch.full((10,), 3.0)])
    policy.end_epoch(examples, {}, lambda: losses)
    counts = torch.bincount((policy.order(examples, seeded()) - 5) // 2, minlength=100)
    assert [int(counts[part].sum()) for part in (slice(50), slice(50, 90), slice(90, 100))] == [0, 40, 60]
    mixed = sampling("hard_example", uniform=0.5)
    mixed.end_epoch(examples, {}, lambda: losses)
    counts = torch.bincount((mixed.order(examples, seeded()) - 5) // 2, minlength=100)
    assert abs(int(counts[:50].sum()) - 25) <= 25  # half of the draws are uniform
    assert counts[:50].max() == 1


def test_hard_examples_without_any_loss_are_uniform():
    policy, examples = sampling("hard_example"), pool()
    policy.end_epoch(examples, {}, lambda: torch.zeros(100))
    assert sorted(policy.order(examples, seeded()).tolist()) == examples.rows.tolist()


def test_example_losses_are_means_over_tasks_in_units_of_their_mean():
    spec = wb.Spec(tasks=["digit", "ink"], encoder={"name": "mlp", "width": 8}, losses={"ink": "l1"})
    exp = Experiment(spec)
    rows = exp.pool.rows[:50]
    exp.data.targets["ink"][rows[:3]] = NAN
    exp.data.targets["digit"][rows[1]] = -100
    found = example_losses(exp.model, exp.data, rows)
    views, targets = exp.data.batch(rows)
    with torch.no_grad():
        output = exp.model(views)
    digit, ink = (task.each(output[task.name], targets[task.name]) for task in exp.tasks)
    digit, ink = digit * 49 / digit.sum(), ink * 47 / ink.sum()
    torch.testing.assert_close(found[3:], (digit[3:] + ink[3:]) / 2)
    torch.testing.assert_close(found[[0, 2]], digit[[0, 2]])
    assert found[1] == 1
    assert exp.model.training


# ---------------------------------------------------------------- data sets


@pytest.mark.parametrize("name", BY_SOURCE)
def test_a_batch_is_full_and_from_one_data_set(name):
    examples = pool()
    for batch in batches(name, examples):
        assert len(batch) == 8
        assert len(examples.sources[batch].unique()) == 1


def turns(name: str, examples: Pool, seed: int = 0, **chosen) -> list[int]:
    return [int(examples.sources[batch[0]]) for batch in batches(name, examples, seed, **chosen)]


def test_shares_of_the_data_sets():
    examples = pool((700, 200, 100), batch_size=10)
    counts = {name: np.bincount(turns(name, examples)).tolist() for name in ("proportional", "by_loss")}
    assert counts["proportional"] == [70, 20, 10]
    assert sorted(counts["by_loss"]) == [33, 33, 34]  # before the first epoch
    order = turns("round_robin", examples)
    assert all(one != other for one, other in pairwise(order))
    assert sorted(np.bincount(order)) == [33, 33, 34]
    root = np.sqrt([700, 200, 100])
    assert np.abs(np.bincount(turns("temperature", examples, temperature=2.0)) - 100 * root / root.sum()).max() < 1
    assert np.bincount(turns("temperature", examples, temperature=1.0)).tolist() == counts["proportional"]
    assert np.bincount(turns("temperature", examples, temperature=1.0, cap=100)).tolist() in (
        [34, 33, 33],
        [33, 34, 33],
        [33, 33, 34],
    )


def test_small_data_sets_get_their_batches_in_some_epochs():
    examples = pool((96, 4), batch_size=8)
    found = [turns("proportional", examples, seed).count(1) for seed in range(200)]
    assert set(found) == {0, 1}
    assert np.mean(found) == pytest.approx(13 * 0.04, abs=0.12)


def test_within_a_data_set_every_example_comes_before_one_comes_twice():
    examples = pool((30, 12), batch_size=6)
    found = torch.cat(batches("round_robin", examples))
    counts = torch.bincount(found, minlength=42)
    assert counts[30:].min() >= 1
    assert counts[30:].max() - counts[30:].min() <= 1
    assert counts[:30].max() <= 1


def test_by_loss_gives_more_to_what_is_learned_slowly():
    examples = pool((40, 40, 40), batch_size=4)
    policy = sampling("by_loss", uniform=0.0)
    policy.end_epoch(examples, {"a": 100.0, "b": 0.1, "c": NAN}, lambda: torch.empty(0))
    policy.end_epoch(examples, {"a": 25.0, "b": 0.075, "c": 3.0}, lambda: torch.empty(0))
    order = (policy.order(examples, seeded()) - 5) // 2
    counts = torch.bincount(examples.sources[order]) / 4
    assert (counts - 30 * torch.tensor([0.25, 0.75, 1.0]) / 2).abs().max() < 1
    other = sampling("by_loss", uniform=0.0)
    other.load_state_dict(policy.state_dict())
    assert torch.equal((other.order(examples, seeded()) - 5) // 2, order)


def test_data_sets_without_a_label_of_the_learned_tasks_are_left_out():
    examples = pool()
    alone = Pool(examples.rows, 8, {"b": examples.labelled["b"]}, {}, examples.sources, examples.source_names)
    for name in BY_SOURCE:
        assert set(turns(name, alone)) == {1}


# ---------------------------------------------------------------- in a run


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A spec over two tables, one large with `y`, one small with `z`."""
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 3))
    large = pd.DataFrame({"a": x[:300, 0], "b": x[:300, 1], "y": x[:300, 0] + 0.1 * x[:300, 2]})
    small = pd.DataFrame({"a": x[300:, 0], "b": x[300:, 1], "z": np.where(x[300:, 1] > 0, "up", "down")})
    problem = {"name": "table", "path": [large, small], "targets": ["y", "z"]}
    return wb.Spec(problem=problem, encoder={"name": "mlp", "width": 16}, batch_size=16, epochs=6, lr=1e-2)


def test_the_preview_says_what_an_epoch_shows(two):
    frame = preview(two.replace(sampling="proportional")).set_index(["what", "name"])
    assert [index[0] for index in frame.index] == ["data set", "data set", "task", "task"]
    assert frame["rows"].tolist() == [180, 60, 180, 60]
    assert frame["batches"].tolist() == pytest.approx([11.25, 3.75] * 2, abs=0.75)
    assert frame["passes"].tolist() == pytest.approx([1.0] * 4, abs=0.2)
    turns = preview(two.replace(sampling="round_robin")).set_index("name").loc[["y", "z"]]
    assert turns["seen"].tolist() == pytest.approx([120, 120], abs=8)
    assert turns["passes_in_run"].tolist() == pytest.approx([4, 12], abs=1)
    plain = preview(wb.Spec(tasks=["digit"]))
    assert plain[["what", "name", "seen", "passes", "passes_in_run"]].values.tolist() == [
        ["task", "digit", 1079, 1, 10]
    ]


@pytest.mark.parametrize("name", BY_SOURCE)
def test_a_step_trains_the_tasks_of_its_data_set_and_both_are_learned(two, name, tmp_path):
    run = wb.train(two.replace(sampling=name, epochs=10), progress=False, out=tmp_path / "runs")
    train = run.history.query("split == 'train' and quantity == 'loss'")
    assert (train.groupby("step").size() == 1).all()
    tasks = run.summary["tasks"]
    assert tasks["y"]["test"] > 0.8
    assert tasks["z"]["test"] > 0.7
    assert all(math.isfinite(task["test"]) for task in tasks.values())
