"""learning_curve: both methods on the same growing rows, paired by seed; what one reads off it."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.problems.shares import kept
from workbench.runs.learning_curve.entry import at_share
from workbench.runs.learning_curve.result import METHODS
from workbench.runs.sweep import job
from workbench.training.experiment import load

MULTI, SINGLE = METHODS
SPEC = wb.Spec(
    tasks=["digit", "ink"], encoder={"name": "mlp", "width": 16}, epochs=2, batch_size=128, lr=0.01, affinity=None
)


@pytest.fixture(scope="module")
def curve(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    with ThreadPoolExecutor(1) as pool:
        return wb.learning_curve(SPEC, (0.1, 1), range(2), pool, progress=False, out=store)


def test_a_row_per_run_and_task(curve):
    frame = curve.frame
    assert list(frame) == [
        *("fraction", "rows", "method", "task", "metric", "seed", "val", "test", "higher_is_better", "run")
    ]
    assert len(frame) == 2 * 2 * 2 * 2
    assert set(frame["rows"]) == {108, 1079}
    assert frame.groupby("method")["run"].nunique().to_dict() == {MULTI: 4, SINGLE: 4}
    row = frame.query("fraction == 0.1 and seed == 1 and task == 'ink' and method == @SINGLE").iloc[0]
    run = curve.runs[0.1, 1, SINGLE]
    assert (row["metric"], row["test"], row["run"]) == ("r2", run.summary["tasks"]["ink"]["test"], run.path.name)
    assert (run.spec.fusion, run.spec.seed, run.spec.train_fraction) == ("independent", 1, 0.1)


def test_every_share_has_as_many_steps(curve):
    steps = {key[0]: run.summary["steps"] for key, run in curve.runs.items()}
    assert steps == {0.1: 18, 1: 18}
    small = curve.runs[0.1, 0, MULTI].spec
    assert (small.batch_size, small.epochs) == (108, 18)
    assert at_share(SPEC, 0.1, 1079, "epochs").epochs == SPEC.epochs
    assert at_share(SPEC, 1.0, 1079) == SPEC


def test_rows_are_nested_and_the_same_for_both_methods(curve):
    rows = {key: load(run.spec, run.spec.build("encoder")).splits for key, run in curve.runs.items()}
    for (fraction, seed, method), splits in rows.items():
        assert len(splits["train"]) == curve.rows[fraction, seed, method] == kept(1079, fraction)
        assert set(splits["train"].tolist()) <= set(rows[1, seed, MULTI]["train"].tolist())
        assert splits["test"].equal(rows[1, seed, MULTI]["test"])
        assert splits["val"].equal(rows[1, seed, MULTI]["val"])
        assert splits["train"].equal(rows[fraction, seed, MULTI]["train"])
    assert not rows[1, 0, MULTI]["test"].equal(rows[1, 1, MULTI]["test"])


def test_finished_runs_are_used_again(curve, monkeypatch):
    store = next(iter(curve.runs.values())).path.parent
    monkeypatch.setattr(job, "train", lambda *_, **__: pytest.fail("trained"))
    with ThreadPoolExecutor(1) as pool:
        again = wb.learning_curve(SPEC, [1], [1], pool, progress=False, out=store)
    assert again.frame["test"].tolist() == curve.frame.query("fraction == 1 and seed == 1")["test"].tolist()


def test_the_summary_is_the_paired_difference(curve):
    assert len(curve.summary) == 4
    found = curve.summary.set_index(["task", "fraction"]).loc[("digit", 0.1)]
    table = curve.frame.query("task == 'digit' and fraction == 0.1").pivot(index="seed", columns="method")["test"]
    change = table[MULTI] - table[SINGLE]
    assert found["mean"] == pytest.approx(change.mean())
    assert found["high"] - found["mean"] == pytest.approx(12.706205 * change.std() / math.sqrt(2), rel=1e-5)
    assert (found["seeds"], found["rows"]) == (2, 108)
    assert "digit" in repr(curve)
    assert "<table" in curve._repr_html_()


def outcome(values, better):
    """A curve of one task with these test values, by method and seed."""
    rows = [
        (1.0, 9, method, "a", "mae", seed, 0.0, value, better, "run")
        for method, row in zip(METHODS, values, strict=True)
        for seed, value in enumerate(row)
    ]
    columns = ["fraction", "rows", "method", "task", "metric", "seed", "val", "test", "higher_is_better", "run"]
    return wb.LearningCurve(pd.DataFrame(rows, columns=columns), {}, {})


@pytest.mark.parametrize(("better", "mean", "said"), [(True, -0.5, "worse"), (False, 0.5, "better")])
def test_above_zero_is_better_also_where_less_is(better, mean, said):
    found = outcome([[1.0, 1.01, 0.99], [1.5, 1.5, 1.5]], better).summary.iloc[0]
    assert found["mean"] == pytest.approx(mean)
    assert found["verdict"] == said


def test_a_failed_run_takes_its_pair_out():
    found = outcome([[1.0, np.nan, 0.9], [0.5, 0.6, 0.5]], True).summary.iloc[0]
    assert (found["mean"], found["seeds"]) == (pytest.approx(0.45), 2)


def test_the_gap_is_validation_minus_training_loss_at_the_end(curve):
    gap = curve.gap
    assert len(gap) == 16
    row = gap.query("fraction == 0.1 and seed == 0 and method == @MULTI and task == 'digit'").iloc[0]
    history = curve.runs[0.1, 0, MULTI].history.query("task == 'digit' and quantity == 'loss'")
    last = history[history["epoch"] == history["epoch"].max()]
    assert row["train"] == pytest.approx(last.query("split == 'train'")["value"].mean())
    assert row["val"] == last.query("split == 'val'")["value"].iloc[-1]
    assert row["gap"] == row["val"] - row["train"]


def test_steps_to_a_value(curve):
    run = curve.runs[0.1, 1, MULTI]
    points = run.records.curves[("val", "ink", "r2")]
    goal = points.values[4]
    first = next(step for step, value in zip(points.steps, points.values, strict=True) if value >= goal)
    found = curve.steps_to("ink", metric=goal).query("fraction == 0.1 and seed == 1 and method == @MULTI").iloc[0]
    assert found["steps"] == first
    assert found["seconds"] == pytest.approx(run.summary["seconds"] * first / 18)
    assert (curve.steps_to("ink", metric=-1e9)["steps"] == 0).all()
    assert curve.steps_to("digit", loss=0.0)[["steps", "seconds"]].isna().all(axis=None)
    losses = run.records.curves[("val", "digit", "loss")].values
    reached = curve.steps_to("digit", loss=min(losses)).query("fraction == 0.1 and seed == 1 and method == @MULTI")
    assert reached["steps"].iloc[0] == list(losses).index(min(losses))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"task": "inc", "loss": 1.0}, "no task 'inc': did you mean 'ink'"),
        ({"task": "ink"}, "needs one of loss and metric"),
        ({"task": "ink", "loss": 1.0, "metric": 0.9}, "needs one of loss and metric"),
        ({"task": "ink", "loss": "low"}, "a number to reach, found 'low'"),
    ],
)
def test_faults_of_steps_to(curve, given, sentence):
    with pytest.raises(wb.WorkbenchError, match=sentence):
        curve.steps_to(**given)


def test_a_panel_per_task_with_both_methods(curve):
    figure = curve.figure()
    assert [note.text for note in figure.layout.annotations] == ["digit", "ink"]
    assert figure.layout.xaxis.type == figure.layout.xaxis2.type == "log"
    assert list(figure.layout.xaxis.ticktext) == ["108", "1079"]
    assert [trace.name for trace in figure.data if trace.showlegend] == [MULTI, SINGLE]
    band, _, line, other = figure.data[:4]
    mine = curve.frame.query("task == 'digit' and method == @MULTI").groupby("rows")["test"]
    assert list(line.x) == [108, 1079]
    assert list(line.y) == pytest.approx(mine.mean().tolist())
    assert list(band.y) == [*mine.max(), *mine.min()[::-1]]
    looks = {(trace.line.color, trace.line.dash, trace.marker.symbol) for trace in (line, other)}
    assert all(len(set(each)) == 2 for each in zip(*looks, strict=True))
    assert curve.gains().data[0].name == MULTI


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"fractions": [0.1, 1.5]}, "above 0 and at most 1, found 1.5"),
        ({"fractions": 0.5}, r"fractions=…\) should be a list of numbers above 0 and at most 1, found 0.5"),
        ({"fractions": []}, r"fractions=…\) is empty"),
        ({"fractions": [0.1, 0.1]}, "names a value twice"),
        ({"seeds": 3}, r"seeds=…\) should be a list of whole numbers of at least 0, found 3"),
        ({"seeds": [-1]}, "whole numbers of at least 0, found -1"),
        ({"seeds": ["a"]}, "whole numbers of at least 0, found 'a'"),
        ({"equal": "step"}, "did you mean 'steps'"),
        ({"spec": SPEC.replace(fusion="independent")}, "is its own single-task baseline"),
        ({"spec": 3}, r"takes a spec, .*found 3"),
    ],
)
def test_bad_input_is_one_sentence(given, sentence, tmp_path):
    with pytest.raises(wb.WorkbenchError, match=sentence) as caught:
        wb.learning_curve(**{"spec": SPEC, **given}, progress=False, out=tmp_path)
    assert len(caught.value.faults) == 1
