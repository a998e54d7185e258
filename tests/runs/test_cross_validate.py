"""cross_validate: a run per fold, a tidy frame, an interval that is not too narrow."""

import math
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

import workbench as wb
from workbench.runs.cross_validate import chosen, corrected_interval
from workbench.training.experiment import load


def test_a_run_per_fold_and_task_and_the_mean_with_its_interval(store, small):
    found = wb.cross_validate(small, folds=3, progress=False)
    frame = found.frame
    assert frame[["fold", "task"]].values.tolist() == [[f, t] for f in range(3) for t in ("digit", "parity", "ink")]
    runs = [wb.open(store / name) for name in frame["run"].unique()]
    assert [run.spec for run in runs] == [small.replace(folds=3, fold=fold) for fold in range(3)]
    assert frame["test"].tolist()[:3] == [runs[0].summary["tasks"][task]["test"] for task in ("digit", "parity", "ink")]
    summary = found.summary.set_index("task")
    digit = frame.query("task == 'digit'")["test"]
    assert summary.loc["digit", "mean"] == digit.mean()
    assert summary.loc["digit", "low"] < digit.mean() < summary.loc["digit", "high"]
    assert summary["metric"].to_dict() == {"digit": "accuracy", "parity": "accuracy", "ink": "r2"}
    assert "digit" in repr(found)
    assert "<table" in found._repr_html_()


def test_finished_folds_are_used_again_and_the_spec_may_say_how_many(store, small):
    spec = small.replace(folds=2, epochs=1)
    first = wb.cross_validate(spec, progress=False)
    assert len(first.frame) == 2 * 3
    again = wb.cross_validate(spec.replace(fold=1), progress=False)
    assert again.frame.equals(first.frame)
    assert len(list(store.glob("*/spec.json"))) == 2


def test_an_executor_trains_every_fold_with_every_rate_to_the_same_numbers(store, small, tmp_path, capsys):
    with ThreadPoolExecutor(1) as pool:
        found = wb.cross_validate(small, folds=2, lrs=[1e-6, 0.01], executor=pool, out=tmp_path / "other")
    assert "4/4" in capsys.readouterr().out
    here = wb.cross_validate(small, folds=2, lrs=[1e-6, 0.01], progress=False)
    assert here.frame.drop(columns="run").equals(found.frame.drop(columns="run"))


def test_a_rate_that_fails_is_not_chosen_and_a_fold_without_another_is_one_sentence(store, small):
    spec = small.replace(optimizer="sgd", epochs=1)
    assert set(wb.cross_validate(spec, folds=2, progress=False, lrs=[1e30, 0.01]).frame["lr"]) == {0.01}
    with pytest.raises(wb.WorkbenchError, match=r"fold 0 could not be trained: .*loss") as error:
        wb.cross_validate(spec, folds=2, progress=False, lrs=[1e30])
    assert len(error.value.faults) == 1


def test_what_cannot_begin_is_said_once_for_all_folds(store, small):
    with pytest.raises(wb.WorkbenchError, match="no task 'dgit'") as error:
        wb.cross_validate(small.replace(tasks=["dgit"]), folds=2, progress=False)
    assert len(error.value.faults) == 1


def test_the_validation_rows_of_each_fold_choose_its_learning_rate(store, small, monkeypatch):
    rates = [1e-5, 0.01, 1e-6]
    found = wb.cross_validate(small, folds=2, progress=False, lrs=rates)
    assert len(list(store.glob("*/spec.json"))) == 6
    assert found.frame["lr"].unique().tolist() == [0.01]
    assert {wb.open(store / name).spec.lr for name in found.frame["run"]} == {0.01}
    # the test rows have no say: with each fold's test turned upside down the choice is the same
    summary = wb.Run.summary.fget
    turned = property(lambda run: {**summary(run), "tasks": upside_down(summary(run)["tasks"])})
    monkeypatch.setattr(wb.Run, "summary", turned)
    again = wb.cross_validate(small, folds=2, progress=False, lrs=rates)
    assert again.frame["run"].tolist() == found.frame["run"].tolist()
    assert again.frame["test"].tolist() == [-value for value in found.frame["test"]]
    assert len(list(store.glob("*/spec.json"))) == 6


def upside_down(tasks):
    return {name: {**task, "test": -task["test"]} for name, task in tasks.items()}


def test_where_less_is_better_the_score_turns():
    def run(val, better):
        return SimpleNamespace(summary={"status": "done", "tasks": {"a": {"val": val, "higher_is_better": better}}})

    assert chosen([low := run(1.0, False), run(2.0, False)]) is low
    assert chosen([run(None, True), high := run(2.0, True), run(1.0, True)]) is high


def test_the_folds_of_one_task_are_those_of_all(store, small):
    """What is cut into folds is the example, so that no task trains on one that another is tested on."""
    for fold in range(3):
        whole, alone = (
            load(spec, spec.build("encoder")).splits
            for spec in (small.replace(folds=3, fold=fold), small.replace(folds=3, fold=fold, tasks=["ink"]))
        )
        assert all(whole[split].equal(alone[split]) for split in whole)
        assert not set(whole["test"].tolist()) & set(whole["train"].tolist())


def test_the_interval_is_students_with_the_corrected_variance():
    low, high = corrected_interval(np.array([0.8, 0.9, 1.0]))
    assert (low + high) / 2 == pytest.approx(0.9)
    assert (high - low) / 2 == pytest.approx(4.3026527 * 0.1 * math.sqrt(1 / 3 + 1 / 2))
    assert all(math.isnan(end) for end in corrected_interval(np.array([0.8, np.nan])))


@pytest.mark.parametrize(
    ("lrs", "words"),
    [
        ([], "lrs=…) is empty"),
        ([0.1, 0.1], "names a value twice"),
        ([0.1, -1.0], "a list of numbers above 0, found -1.0"),
        (0.01, "a list of numbers above 0, found 0.01"),
        ("0.1", "a list of numbers above 0, found '0.1'"),
    ],
)
def test_learning_rates_that_are_not_allowed_start_nothing(store, small, lrs, words):
    with pytest.raises(wb.WorkbenchError) as error:
        wb.cross_validate(small, folds=2, progress=False, lrs=lrs)
    assert words in error.value.faults[0]
    assert not store.exists()


@pytest.mark.parametrize("folds", [1, 0, -3, 2.5, "3", True])
def test_a_number_of_folds_that_is_none_starts_nothing(store, small, folds):
    with pytest.raises(wb.WorkbenchError, match=r"folds should be .*, found") as error:
        wb.cross_validate(small, folds=folds, progress=False)
    assert len(error.value.faults) == 1
    assert not store.exists()


def test_what_is_no_spec_is_one_sentence():
    with pytest.raises(wb.WorkbenchError, match=r"cross_validate takes a spec, .*found 'digits'"):
        wb.cross_validate("digits", progress=False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"folds": 3, "fold": 3}, "fold = 3, but with folds = 3 they are numbered 0 to 2"),
        ({"fold": 1}, "fold = 1 needs folds"),
        ({"folds": 1}, "folds should be greater than or equal to 2, found 1"),
        ({"folds": 2, "val_fraction": 0.5}, r"val_fraction = 0.5 and folds = 2 leave nothing to train on"),
    ],
)
def test_faults_of_folds_are_one_sentence(fields, words):
    with pytest.raises(wb.WorkbenchError, match=words) as error:
        wb.Spec(**fields)
    assert len(error.value.faults) == 1


def test_folds_set_aside_the_test_fraction():
    assert wb.Spec(folds=4, test_fraction=0.9).test_fraction == 0.9
