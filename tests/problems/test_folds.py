"""Folds: every row is tested once, labels keep their shares, groups stay together."""

import pytest
import torch

from tests.problems.examples import problem
from workbench.component import WorkbenchError
from workbench.problems import SPLITS, DigitPairs, Problem, prepare


def splits(made: Problem, folds: int, seed: int = 0, **how) -> list[dict[str, list[int]]]:
    found = [prepare(made, seed=seed, folds=folds, fold=fold, **how).splits for fold in range(folds)]
    return [{split: rows.tolist() for split, rows in each.items()} for each in found]


@pytest.mark.parametrize("folds", [2, 3, 7])
def test_every_row_is_tested_once(folds):
    found = splits(problem(60), folds, val_fraction=0.25)
    assert sorted(row for each in found for row in each["test"]) == list(range(60))
    for each in found:
        assert sorted(row for split in SPLITS for row in each[split]) == list(range(60))
        assert len(each["val"]) == 15
    assert found == splits(problem(60), folds, val_fraction=0.25)
    assert found != splits(problem(60), folds, seed=1, val_fraction=0.25)


def test_a_rare_label_is_in_every_fold():
    labels = [int(row % 10 == 0) for row in range(100)]
    counts = [[sum(labels[row] for row in each[split]) for split in SPLITS] for each in splits(problem(100, labels), 5)]
    assert counts == [[6, 2, 2]] * 5


@pytest.mark.parametrize("labels", [None, [0, 0, 1] * 20])
def test_groups_stay_together(labels):
    groups = torch.arange(60) // 5
    found = splits(problem(60, labels=labels, groups=groups), 4)
    for each in found:
        members = [set(groups[each[split]].tolist()) for split in SPLITS]
        assert all(members)
        assert sum(map(len, members)) == 12
    assert sorted(row for each in found for row in each["test"]) == list(range(60))
    assert {len(each["test"]) for each in found} == {15}


def test_one_row_or_group_at_a_time_can_be_left_out():
    assert {len(each["test"]) for each in splits(problem(10), 10)} == {1}
    found = splits(problem(60, groups=torch.arange(60) // 5), 12)
    assert all(len(each["test"]) == 5 for each in found)


def test_data_sets_put_together_are_in_every_fold():
    sources = (torch.arange(60) >= 45).long()
    for each in splits(problem(60, sources=sources), 3):
        assert int(sources[each["test"]].sum()) == 5


def test_validation_rows_of_the_source_stay():
    found = splits(problem(60, fixed={"val": torch.arange(10)}), 5)
    assert all(each["val"] == list(range(10)) for each in found)
    assert sorted(row for each in found for row in each["test"]) == list(range(10, 60))


def test_examples_made_of_rows_are_made_within_a_fold():
    data = prepare(DigitPairs(pairs=60), folds=3, fold=1)
    assert sum(len(data.splits[split]) for split in SPLITS) == len(data.targets["left"])


@pytest.mark.parametrize(
    ("made", "folds", "words"),
    [
        (
            problem(60, fixed={"test": torch.arange(10)}),
            5,
            "brings its own test split, so there is nothing to cut into 5",
        ),
        (problem(10), 11, "10 rows are too few for 11 folds and a rest to validate on"),
        (problem(3), 2, "3 rows are too few for 2 folds and a rest to validate on"),
        (problem(60, groups=torch.arange(60) // 20), 4, "3 groups are too few for 4 folds"),
    ],
)
def test_faults_are_one_sentence(made, folds, words):
    with pytest.raises(WorkbenchError, match=words):
        prepare(made, folds=folds)
