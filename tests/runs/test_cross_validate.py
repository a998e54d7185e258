"""cross_validate: a run per fold, a tidy frame, an interval that is not too narrow."""

import math

import numpy as np
import pytest

import workbench as wb
from workbench.runs.cross_validate import corrected_interval


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
    assert len(list(store.iterdir())) == 2


def test_the_interval_is_students_with_the_corrected_variance():
    low, high = corrected_interval(np.array([0.8, 0.9, 1.0]))
    assert (low + high) / 2 == pytest.approx(0.9)
    assert (high - low) / 2 == pytest.approx(4.3026527 * 0.1 * math.sqrt(1 / 3 + 1 / 2))
    assert all(math.isnan(end) for end in corrected_interval(np.array([0.8, np.nan])))


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
