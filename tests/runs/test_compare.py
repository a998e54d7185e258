"""Comparison: figures by hand, intervals that cover, and outcomes that admit ignorance."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.runs.compare import Comparison, interval
from workbench.runs.compare.front import mixes, non_dominated
from workbench.runs.compare.intervals import improvement
from workbench.runs.compare.methods import Method, name_all, with_references
from workbench.runs.compare.table import _near_one, table
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


@pytest.fixture
def tiny(small):
    return small.replace(tasks=["digit", "ink"], affinity=None, epochs=1, batch_size=512)


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


def test_a_task_with_more_metrics_is_noted():
    base = {"a": entry(accuracy=(0.5, True)), "b": entry(mae=(2.0, False), rmse=(4.0, False))}
    (note,) = delta(base, base).notes
    assert note.startswith("b has 2 of 3 metrics, a 1: the mean over metrics listens to b more")
    assert delta({"a": base["a"]}, base).notes == []


def test_near_one_the_errors_are_told():
    values = {"a accuracy": [0.98, 0.97], "b mae": [0.98, 0.97], "c accuracy": [0.9, 0.95]}
    frame = pd.DataFrame({"method": ["single tasks", "dwa"], "against": ["", "single tasks"], **values})
    (note,) = _near_one(frame, {"a": True, "b": False, "c": True})
    assert note.startswith("a accuracy of single tasks is near 1")
    assert note.endswith("fewer errors, positive: dwa -50.0 %.")


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


def test_a_run_counts_once_however_often_it_is_given_or_trained(store, small):
    older, newer = (wb.train(small.replace(weighting="dwa"), progress=False) for _ in range(2))
    found = wb.compare([newer, newer], progress=False)
    row = found.frame.set_index("method").loc["dwa, shared"]
    assert (row["seeds"], row["verdict"]) == (1, "one seed: cannot tell")
    assert found.card["seeds"] == "0, paired"
    assert not any("Left out" in note for note in found.notes)
    found = wb.compare([newer, older], progress=False)
    assert set(found.frame["seeds"]) == {1}
    assert f"Left out, since a newer run has the same spec and seed: {older.path.name}." in found.notes


def test_a_steered_run_is_a_method_of_its_own(store, small):
    steered = wb.train(small, progress=False, steering=[{"step": 1, "command": "set", "lr": 0.1}])
    found = wb.compare(steered, progress=False).frame.set_index("method")
    assert set(found.index) == {"single tasks", "equal, shared, steered", "equal, shared"}
    assert found["steered"].to_dict() == {name: "steered" in name for name in found.index}


def test_equal_weighting_stands_once(store, tiny):
    found = wb.compare(tiny, progress=False, seeds=[0])
    assert list(found.frame["method"]) == ["single tasks", "equal, shared"]
    assert found.card["runs"] == "2 in all"
    found = wb.compare(wb.grid(tiny, weighting=["equal", "dwa"]), progress=False, seeds=[0])
    assert list(found.frame["method"]) == ["single tasks", "equal, shared", "dwa, shared"]


def test_with_a_grid_of_rates_specs_that_differ_in_theirs_are_one_method(store, tiny):
    specs = [tiny.replace(weighting="dwa", lr=lr) for lr in (1e-3, 1e-2)]
    found = wb.compare(specs, progress=False, seeds=[0], lrs=[1e-3, 1e-2])
    assert list(found.frame["method"]) == ["single tasks", "dwa, shared", "equal, shared"]
    assert found.card["runs"] == "6 in all"


def test_every_method_is_measured_against_its_own_single_tasks(store, tiny):
    specs = [tiny.replace(weighting="dwa", encoder={"name": "mlp", "width": width}) for width in (32, 8)]
    found = wb.compare(specs, progress=False, seeds=[0, 1], matched=True)
    frame = found.frame.set_index("method")
    wide, small = (f"single tasks, encoder=mlp(width={width})" for width in (32, 8))
    assert frame["against"].to_dict() == {
        name: "" if name in (wide, small) else small if "=8" in name else wide for name in frame.index
    }
    narrow = frame.loc["single tasks, as many parameters"]
    assert np.isfinite(narrow["delta_m"])
    assert "where dwa, shared, encoder=mlp(width=32) has" in found.card["parameters"]
    circles = next(trace for trace in found.dumbbells().data if trace.name == "single tasks")
    assert list(circles.x) == [frame.loc[name, "digit accuracy"] for name in frame["against"] if name]


def test_a_failed_method_says_so_and_leaves_the_others_alone(store, tiny):
    spec = tiny.replace(optimizer="sgd", lr=0.1)
    broken = spec.replace(weighting={"name": "fixed", "weights": {"digit": 1e20, "ink": 1}})
    found = wb.compare([spec, broken], progress=False, seeds=[0, 1])
    frame = found.frame.set_index("method")
    failed = next(name for name in frame.index if name.startswith("fixed"))
    assert frame.loc[failed, "verdict"] == "failed (2 of 2 seeds)"
    assert any(note.startswith(f"{failed}: failed (2 of 2 seeds), so that it has no Δm. The ") for note in found.notes)
    assert frame.loc[failed, ["delta_m", "low", "improves", "val", "val_in_time"]].isna().all()
    only = frame.loc["equal, shared"]
    assert only["val_in_time"] == pytest.approx(only["val"])  # it is the quickest: what failed is not
    assert "no Δm" in found.figure().layout.yaxis.ticktext[1]
    assert {trace.name for trace in found.cost().data} == {"equal, shared"}


def failed(run):
    """The run as if it had failed before its test."""
    summary = json.loads((run.path / "summary.json").read_text())
    for task in summary["tasks"].values():
        for metric in (task, *task["metrics"].values()):
            metric["test"] = None
    (run.path / "summary.json").write_text(
        json.dumps({**summary, "status": "failed", "reason": "It broke: try again."})
    )
    return wb.open(run.path)


@pytest.mark.parametrize("broken", ["dwa, shared", "single tasks"])
def test_where_a_seed_failed_the_others_make_no_interval(broken, store, tiny):
    methods = with_references([Method(tiny.replace(weighting="dwa"), [0, 1, 2])])
    name_all(methods)
    for method in methods:
        method.runs = [wb.train(method.spec.replace(seed=seed), progress=False) for seed in method.seeds]
        if method.name == broken:
            method.runs[1] = failed(method.runs[1])
    frame, notes = table(methods)
    row = frame.set_index("method").loc["dwa, shared"]
    assert row["verdict"] == (
        "failed (1 of 3 seeds)" if broken == "dwa, shared" else "single tasks: failed (1 of 3 seeds)"
    )
    assert row[["delta_m", "low", "high", "improves"]].isna().all()
    assert f"{broken}: failed (1 of 3 seeds), so that it has no Δm. It broke." in notes
    found = Comparison(frame, notes)
    rest = [name for name in frame["method"] if broken == "dwa, shared" and name == "equal, shared"]
    assert [trace.name for trace in found.cost().data] == rest  # what has no Δm has no mark
    assert len(found.dumbbells().layout.yaxis.ticktext) == len(found.figure().layout.yaxis.ticktext) == 2


def test_seeds_that_differ_are_told(store, tiny):
    def runs(weighting, seeds):
        return [wb.train(tiny.replace(weighting=weighting, seed=seed), progress=False) for seed in seeds]

    dwa, pcgrad = runs("dwa", [0, 1]), runs("pcgrad", [1, 2])
    found = wb.compare(dwa + pcgrad, progress=False)
    assert found.card["seeds"] == "those of each method, paired with its baseline; in common: 1"
    assert any("(dwa, shared: 0, 1; pcgrad, shared: 1, 2; " in note for note in found.notes)
    common = wb.compare([dwa[1], pcgrad[0]], progress=False).frame.set_index("method")["mean_rank"]
    assert found.frame.set_index("method")["mean_rank"].to_dict() == common.to_dict()
    found = wb.compare([dwa[0], pcgrad[1]], progress=False, matched=True, front=1)
    assert found.frame["mean_rank"].isna().all()
    assert found.card["seeds"].endswith("in common: none")


def test_the_front_is_that_of_what_is_drawn():
    """Marks and line follow the plane: one of losses, and one of metrics where more or less may be better."""
    columns = {
        "a accuracy": [0.9, 0.8, 0.7],
        "b mae": [3.0, 1.0, 2.0],
        "a loss": [1.0, 2.0, 3.0],
        "b loss": [3.0, 2.0, 1.0],
    }
    front = pd.DataFrame({"w a": [1.5, 1.0, 0.5], "w b": [0.5, 1.0, 1.5], **columns, "on_front": True})
    frame = pd.DataFrame({"method": ["single tasks"], "against": [""], "Δ a": [0.0], "Δ b": [0.0]})
    frame[list(columns)] = 1.0
    found = Comparison(frame[["method", "against", *columns, "Δ a", "Δ b"]], [], None, front, {"a": True, "b": False})

    def joined(figure):
        return next(list(trace.x) for trace in figure.data if trace.name == "fixed weights, on their front")

    assert joined(found.plane()) == [1.0, 2.0, 3.0]
    assert joined(found.plane(metric=True)) == [0.8, 0.9]


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
    assert found.card["runs"] == "22 in all"
    sizes = f"{narrow['parameters']}, where dwa, shared has {wide['parameters']}"
    assert found.card["parameters"] == f"single tasks, as many parameters: {sizes}"
    count = len(list(store.glob("*/summary.json")))
    assert count == (4 * 2 + 3) * 2  # dwa, equal, single tasks and narrow ones at two rates; the front
    wb.compare(spec, progress=False, seeds=(0, 1), lrs=[1e-2, 1e-4], front=3, matched=True)
    assert len(list(store.glob("*/summary.json"))) == count


def test_pictures_of_a_comparison(store, small):
    found = wb.compare(small.replace(tasks=["digit", "ink"], weighting="dwa"), progress=False, seeds=[0], front=2)
    assert set(found.frame.filter(like=" loss")) == {"digit loss", "ink loss"}
    plane = found.plane()
    assert (plane.layout.xaxis.title.text, plane.layout.yaxis.title.text) == ("digit loss, test", "ink loss, test")
    assert {trace.name for trace in plane.data} >= {
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
        ({"what": [3]}, "runs or specs, found 3"),
        ({"what": None}, "a list of runs or specs, found None"),
        ({"what": "runs/x"}, "a list of runs or specs, found 'runs/x'"),
        ({"what": wb.Spec(), "seeds": 3}, "a list of whole numbers of at least 0, found 3"),
        ({"what": wb.Spec(), "seeds": []}, r"seeds=…\) is empty"),
        ({"what": wb.Spec(), "seeds": ["a"]}, "whole numbers of at least 0, found 'a'"),
        ({"what": wb.Spec(), "seeds": [0.9]}, "whole numbers of at least 0, found 0.9"),
        ({"what": wb.Spec(), "lrs": 0.01}, "a list of numbers above 0, found 0.01"),
        ({"what": [wb.Spec(), wb.Spec(problem="sines")]}, "same problem and tasks"),
        ({"what": wb.Spec(), "lrs": [0.1, -1]}, "numbers above 0, found -1"),
        ({"what": wb.Spec(), "lrs": []}, r"lrs=…\) is empty"),
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
