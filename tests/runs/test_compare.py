"""Comparison: figures by hand, intervals that cover, and outcomes that admit ignorance."""

import numpy as np
import pytest

import workbench as wb
from workbench.runs.compare import interval
from workbench.runs.delta import delta


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


def test_published_rows_of_the_two_conventions():
    """NYUv2 / SegNet, equal weighting: +5.59 % metric-mean (worse) and -0.88 % task-mean (better), same numbers."""
    names = ["miou", "pixacc", "abserr", "relerr", "mean", "median", "w11", "w22", "w30"]
    stl = dict(zip(names, [38.30, 63.76, 0.6754, 0.2780, 25.01, 19.21, 30.14, 57.20, 69.15], strict=True))
    equal = dict(zip(names, [39.29, 65.33, 0.5493, 0.2263, 28.15, 23.96, 22.09, 47.50, 61.08], strict=True))
    higher = {"miou", "pixacc", "w11", "w22", "w30"}
    tasks = {"segmentation": names[:2], "depth": names[2:4], "normals": names[4:]}

    def summary(row):
        return {t: entry(**{m: (row[m], m in higher) for m in metrics}) for t, metrics in tasks.items()}

    found = delta(summary(equal), summary(stl))
    assert -found.metrics == pytest.approx(5.59, abs=0.02)
    assert -found.tasks == pytest.approx(-0.88, abs=0.02)


def test_the_interval_covers_the_truth():
    rng = np.random.default_rng(1)
    for n in (3, 5, 10):
        hits = 0
        for number in range(400):
            low, high = interval(rng.normal(1.0, 2.0, n), seed=number)
            hits += low <= 1.0 <= high
        assert hits / 400 >= 0.92, n
    assert np.isnan(interval(np.array([1.0]))).all()


def test_baseline_and_equal_weighting_are_always_there(store, small):
    run = wb.train(small.replace(weighting="pcgrad"), progress=False)
    table = wb.compare(run, progress=False).frame
    assert list(table["method"]) == ["single tasks", "pcgrad, shared", "equal, shared"]
    assert table["delta_m"].iloc[0] == 0
    assert list(table["verdict"])[1:] == ["one seed: cannot tell"] * 2
    assert len(list(store.iterdir())) == 3
    wb.compare(run, progress=False)
    assert len(list(store.iterdir())) == 3  # nothing is trained twice


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
