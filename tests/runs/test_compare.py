"""Comparison: figures by hand, intervals that cover, and outcomes that admit ignorance."""

from types import SimpleNamespace

import numpy as np
import pytest

import workbench as wb
from workbench.runs.compare import interval
from workbench.runs.compare.front import mixes, non_dominated
from workbench.runs.compare.intervals import improvement
from workbench.runs.compare.times import score_within
from workbench.runs.compare.tuning import content, tuned
from workbench.runs.delta import delta

#: of the small spec: task, metric, sign
TASKS = (("digit", "accuracy", 1), ("parity", "accuracy", 1), ("ink", "r2", 1))


def entry(**metrics):
    return {
        "metrics": {
            name: {"test": value, "val": value, "higher_is_better": higher} for name, (value, higher) in metrics.items()
        }
    }


def test_both_conventions_by_hand():
    base = {"a": entry(accuracy=(0.5, True)), "b": entry(mae=(2.0, False), rmse=(4.0, False), loss=(9.0, False))}
    mine = {"a": entry(accuracy=(0.7, True)), "b": entry(mae=(3.0, False), rmse=(4.0, False), loss=(1.0, False))}
    found = delta(mine, base)
    assert found.tasks == pytest.approx((40 + (-50 + 0) / 2) / 2)
    assert found.metrics == pytest.approx((40 - 50 + 0) / 3)
    assert found.tasks * found.metrics < 0  # they disagree in sign


def test_a_baseline_near_zero_is_noted():
    found = delta({"a": entry(r2=(0.2, True))}, {"a": entry(r2=(0.01, True))})
    assert "near 0" in found.notes[0]


@pytest.mark.parametrize("n", [3, 5, 10])
def test_the_interval_covers_the_truth_as_often_as_it_says(n):
    rng = np.random.default_rng(1)
    bounds = [interval(rng.normal(1.0, 2.0, n), seed=number) for number in range(1200)]
    assert 0.93 <= np.mean([low <= 1.0 <= high for low, high in bounds]) <= 0.97


def test_skewed_differences_are_covered_as_often_as_the_docstring_says():
    rng = np.random.default_rng(1)
    bounds = [interval(rng.exponential(1.0, 10), seed=number) for number in range(1200)]
    assert 0.87 <= np.mean([low <= 1.0 <= high for low, high in bounds]) <= 0.92


def test_the_rate_is_chosen_by_the_models_that_are_tested():
    """Not by a score that a run reached on its way, and did not keep (``select="last"``)."""

    def run(kept, best, status="done"):
        tasks = {"a": {"val": kept, "higher_is_better": True}, "b": {"val": -kept, "higher_is_better": False}}
        return SimpleNamespace(summary={"status": status, "tasks": tasks, "score": {"best": best}})

    spec, rates = wb.Spec(select="last"), [0.1, 0.2, 0.3]
    there = [run(0.7, 0.7), run(0.5, 0.9), run(0.9, 0.9, "failed")]
    found = {content(spec.replace(lr=lr, seed=0)): each for lr, each in zip(rates, there, strict=True)}
    assert tuned(spec, rates, [0], found).lr == 0.1


def test_one_value_has_no_interval():
    assert np.isnan(interval(np.array([1.0]))).all()


def test_baseline_and_equal_weighting_are_always_there(store, small):
    run = wb.train(small.replace(weighting="pcgrad"), progress=False)
    table = wb.compare(run, progress=False).frame
    assert list(table["method"]) == ["single tasks", "pcgrad, shared", "equal, shared"]
    assert table["delta_m"].iloc[0] == 0
    assert list(table["verdict"])[1:] == ["one seed: cannot tell"] * 2
    assert len(list(store.glob("*/spec.json"))) == 3
    wb.compare(run, progress=False)
    assert len(list(store.glob("*/spec.json"))) == 3  # nothing is trained twice


def test_seeds_are_one_method_and_paired(store, small):
    runs = [wb.train(small.replace(weighting="dwa", seed=seed), progress=False) for seed in range(3)]
    comparison = wb.compare(runs, progress=False)
    row = comparison.frame.set_index("method").loc["dwa, shared"]
    assert row["seeds"] == 3
    each = [run.summary["delta_m"] for run in runs]
    assert row["delta_m"] == pytest.approx(np.mean(each))
    assert row["low"] < row["delta_m"] < row["high"]
    assert [trace.name for trace in comparison.figure().data] == ["digit", "parity", "ink", "Δm, 95 % interval"]
    assert "positive is better" in repr(comparison)


def test_methods_are_told_apart_by_what_differs(store, small):
    runs = [wb.train(small.replace(weighting="dwa", lr=lr), progress=False) for lr in (1e-3, 1e-2)]
    methods = set(wb.compare(runs, progress=False).frame["method"])
    assert {"dwa, shared, lr=0.001", "dwa, shared, lr=0.01"} <= methods


def test_what_cannot_be_compared(store, small):
    with pytest.raises(wb.WorkbenchError, match="at least one run"):
        wb.compare([])
    one, two = wb.train(small, progress=False), wb.train(small.replace(tasks=["digit"]), progress=False)
    with pytest.raises(wb.WorkbenchError, match="other tasks"):
        wb.compare([one, two])


def test_specs_are_trained_for_every_seed_and_rate_and_tuned_on_validation(store, small):
    spec = small.replace(tasks=["digit", "ink"], weighting="dwa")
    found = wb.compare(spec, progress=False, seeds=(0, 1), lrs=[1e-4, 1e-2], front=3, matched=True)
    table = found.frame.set_index("method")
    assert set(table.index) == {"single tasks", "dwa, shared", "equal, shared", "single tasks, as many parameters"}
    assert (table["seeds"] == 2).all()
    assert set(table["lr"]) <= {1e-4, 1e-2}
    assert table.loc["dwa, shared", "lr"] == 1e-2  # 1e-4 learns nothing in so few steps
    narrow, wide = table.loc["single tasks, as many parameters"], table.loc["dwa, shared"]
    assert narrow["parameters"] <= wide["parameters"] < table.loc["single tasks", "parameters"]
    assert np.isfinite(table["delta_m"]).all()
    assert sorted(found.front["w digit"]) == [0.5, 1.0, 1.5]
    assert found.front["on_front"].any()
    assert found.card["learning rates"].startswith("0.0001, 0.01: 2 × 2 runs for every method")
    area = found.hypervolume()
    assert area["front"] > 0
    count = len(list(store.glob("*/summary.json")))
    assert count == (3 * 2 + 1 + 3) * 2  # dwa, equal and single tasks at two rates; narrow ones; the front
    wb.compare(spec, progress=False, seeds=(0, 1), lrs=[1e-2, 1e-4], front=3, matched=True)
    assert len(list(store.glob("*/summary.json"))) == count


def test_pictures_of_a_comparison(store, small):
    found = wb.compare(small.replace(tasks=["digit", "ink"], weighting="dwa"), progress=False, seeds=[0], front=2)
    assert {trace.name for trace in found.plane().data} >= {
        "fixed weights, on their front",
        "dwa, shared",
        "single tasks",
    }
    assert {trace.name for trace in found.dumbbells().data if trace.name} == {"single tasks", "method"}
    assert {trace.name for trace in found.cost().data} == {"dwa, shared", "equal, shared"}
    with pytest.raises(wb.WorkbenchError, match=r"no task 'inc'.*'ink'"):
        found.plane(x="inc")


def test_ranks_and_improvement_by_hand():
    assert improvement(np.array([1.0, 2.0, -1.0, 0.0])) == 0.625
    assert np.isnan(improvement(np.array([np.nan])))
    losses = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [2.5, 2.5], [np.nan, 0.0], [2.0, 2.0]])
    assert non_dominated(losses).tolist() == [True, True, True, False, False, True]
    assert [mix["a"] for mix in mixes(["a", "b"], 3)] == [0.5, 1.0, 1.5]
    drawn = mixes(["a", "b", "c"], 5)
    assert drawn[0] == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert all(sum(mix.values()) == pytest.approx(3, abs=1e-3) for mix in drawn)
    assert drawn == mixes(["a", "b", "c"], 5)


def test_equal_time_looks_at_what_was_there_by_then(store, small):
    run = wb.train(small, progress=False)
    curve = run.records.curves["val", "digit", "accuracy"]
    scores = [
        np.mean([run.records.curves["val", task, m].values[i] * s for task, m, s in TASKS]) for i in range(len(curve))
    ]
    seconds = run.summary["seconds"]
    assert score_within(run, seconds, seconds) == pytest.approx(max(scores))
    half = [score for step, score in zip(curve.steps, scores, strict=True) if step <= run.summary["steps"] / 2]
    assert score_within(run, seconds / 2, seconds) == pytest.approx(max(half))
    assert score_within(run, 0.0, seconds) == pytest.approx(scores[0])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"what": [3]}, "runs and specs, found 3"),
        ({"what": [wb.Spec(), wb.Spec(problem="sines")]}, "same problem and tasks"),
        ({"what": wb.Spec(), "lrs": [0.1, -1]}, "numbers above 0, found -1"),
        ({"what": wb.Spec(), "lrs": []}, "numbers above 0"),
        ({"what": wb.Spec(), "front": -1}, "at least 0, found -1"),
    ],
)
def test_bad_input_is_one_sentence(given, sentence, store):
    with pytest.raises(wb.WorkbenchError, match=sentence):
        wb.compare(**given)


def test_a_report_of_a_comparison_is_one_page(store, small, tmp_path):
    found = wb.compare(small.replace(tasks=["digit", "ink"], weighting="dwa"), progress=False, seeds=[0])
    text = found.report(tmp_path / "page.html").read_text()
    for word in ("dwa, shared", "one seed: cannot tell", "paired", "Every task against its single-task model"):
        assert word in text
    assert "https://" not in text.split("<body>")[0]
    with pytest.raises(wb.WorkbenchError, match="cannot be written"):
        found.report(tmp_path / "gone" / "page.html")
