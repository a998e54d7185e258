"""Splitting: seeded, stratified, grouped, and the same for every choice of tasks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.problems.examples import problem
from workbench.component import WorkbenchError
from workbench.problems import SPLITS, Digits, prepare
from workbench.tasks import Classification

NAN = float("nan")


@settings(max_examples=25, deadline=None)
@given(st.integers(10, 60), st.integers(0, 2**70), st.floats(0.1, 0.4), st.floats(0.1, 0.4))
def test_every_row_is_in_one_split(rows, seed, val, test):
    data = prepare(problem(rows), None, seed, val, test)
    assert sorted(torch.cat([data.splits[split] for split in SPLITS]).tolist()) == list(range(rows))
    assert len(data.splits["test"]) == round(test * rows)
    assert len(data.splits["val"]) == round(val * rows)
    again = prepare(problem(rows), None, seed, val, test)
    assert all(torch.equal(data.splits[split], again.splits[split]) for split in SPLITS)


def test_another_seed_splits_otherwise():
    assert prepare(problem(), seed=0).splits["test"].tolist() != prepare(problem(), seed=1).splits["test"].tolist()


def test_a_baseline_of_one_task_sees_the_same_rows():
    both, alone = prepare(problem(), None, 7), prepare(problem(), ["value"], 7)
    assert alone.names == ["value"]
    assert list(alone.targets) == ["value"]
    assert all(torch.equal(both.splits[split], alone.splits[split]) for split in SPLITS)


def test_a_rare_label_is_spread_over_the_splits():
    labels = [1 if row % 10 == 0 else 0 for row in range(100)]
    data = prepare(problem(100, labels), seed=2)
    assert [int(data.targets["label"][data.splits[split]].sum()) for split in SPLITS] == [6, 2, 2]


def test_the_first_task_stratifies_where_the_joint_label_is_too_rare():
    names = [str(number) for number in range(50)]
    targets = {"label": (torch.arange(100) % 10 == 0).long(), "many": torch.arange(100) // 2}
    tasks = [Classification("label", ["no", "yes"]), Classification("many", names)]
    data = prepare(problem(100, targets=targets, tasks=tasks), seed=2)
    assert [int(data.targets["label"][data.splits[split]].sum()) for split in SPLITS] == [6, 2, 2]


def test_a_class_seen_once_does_not_stop_the_split():
    data = prepare(problem(20, [1] + [0] * 19))
    assert [len(data.splits[split]) for split in SPLITS] == [12, 4, 4]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_groups_stay_together(seed):
    groups = torch.arange(40) % 8
    data = prepare(problem(groups=groups), seed=seed)
    members = [set(groups[data.splits[split]].tolist()) for split in SPLITS]
    assert sum(len(found) for found in members) == 8
    assert all(members)


def test_rows_fixed_by_the_source_stay_where_they_are():
    data = prepare(problem(fixed={"test": torch.tensor([3, 1, 2])}), val_fraction=0.25)
    assert data.splits["test"].tolist() == [1, 2, 3]
    assert len(data.splits["val"]) == round(0.25 * 37)
    both = prepare(problem(fixed={"test": torch.tensor([1]), "val": torch.tensor([2])}))
    assert len(both.splits["train"]) == 38


def test_a_smaller_share_of_training_rows_is_part_of_a_larger_one():
    shares = [prepare(Digits(), None, 4, train_fraction=share) for share in (0.05, 0.3, 1.0)]
    small, middle, whole = (set(data.splits["train"].tolist()) for data in shares)
    assert small < middle < whole
    assert len(middle) == round(0.3 * len(whole))
    counts = torch.bincount(shares[1].targets["digit"][shares[1].splits["train"]], minlength=10)
    assert counts.max() - counts.min() <= 2
    assert torch.equal(shares[0].splits["test"], shares[2].splits["test"])
    assert shares[0].tasks[4].mean != shares[2].tasks[4].mean  # fitted on the rows that are used


def test_encoding_is_learned_from_training_rows_alone():
    seen = []

    def view(train: torch.Tensor) -> torch.Tensor:
        seen.append(train)
        return torch.zeros(40, 1)

    data = prepare(problem(views={"x": view}))
    assert torch.equal(seen[0], data.splits["train"])
    train = torch.arange(40.0)[data.splits["train"]]
    assert data.tasks[1].mean == pytest.approx(train.mean().item())


def test_missing_labels_are_marked():
    value = torch.arange(40.0)
    value[[3, 5]] = NAN
    data = prepare(problem(targets={"label": torch.arange(40) % 2, "value": value}))
    assert list(data.labelled) == ["value"]
    assert (~data.labelled["value"]).nonzero().flatten().tolist() == [3, 5]


@pytest.mark.parametrize(
    ("made", "how", "sentence"),
    [
        (problem(4), {}, r"val_fraction|test_fraction = 0.1 of 4 rows leaves the split 'test' empty"),
        (problem(40, groups=torch.zeros(40)), {}, "test_fraction = 0.1 of 1 groups leaves the split 'test' empty"),
        (problem(2), {"val": 0.5, "test": 0.5}, "2 rows are too few"),
        (problem(), {"tasks": ["valeu"]}, "has no task 'valeu': did you mean 'value'"),
        (problem(views={"x": torch.zeros(39, 2)}), {}, "differ in length: view 'x' 39, target 'label' 40"),
        (problem(targets={"label": torch.arange(40) % 2}), {}, "task 'value' has no target; there are: label"),
        (problem(fixed={"dev": torch.tensor([1])}), {}, "fixed to 'val' or 'test', found 'dev'"),
        (problem(views={"x": torch.full((40, 2), NAN)}), {}, "view 'x' holds NaN or infinite values in row 0"),
        (problem(labels=[0, 2] * 20), {}, "Task 'label': row 1 holds the label 2; allowed: 0 … 1"),
        (problem(tasks=[]), {}, "there must be one task and one view at least"),
    ],
)
def test_faults_are_one_sentence(made, how, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        prepare(made, how.get("tasks"), 0, how.get("val", 0.1), how.get("test", 0.1))
