"""Do measures agree? Rank correlation of maps, and what their noise does to it."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import workbench as wb
from workbench.runs.affinity.result import Affinity

NAMES = list("abcde")


def drawn(seed, se=0.0, symmetric=False, method="one", names=NAMES):
    matrix = np.random.default_rng(seed).normal(size=(len(names),) * 2)
    if symmetric:
        matrix = matrix + matrix.T
    return Affinity.from_estimate(matrix, np.full_like(matrix, se), names, method, symmetric=symmetric)


OFF = ~np.eye(5, dtype=bool)


def test_it_is_spearman_between_the_entries_off_the_diagonal():
    a, b = drawn(0), drawn(1, method="two")
    row = wb.agreement(a, b).iloc[0]
    assert (row["a"], row["b"], row["pairs"]) == ("one", "two", 20)
    assert row["spearman"] == pytest.approx(spearmanr(a.matrix[OFF], b.matrix[OFF]).statistic)
    assert row["low"] == row["high"] == row["spearman"]  # no noise


def test_symmetric_maps_count_each_pair_once():
    a, b = drawn(0, symmetric=True), drawn(1, symmetric=True, method="two")
    above = np.triu_indices(5, 1)
    row = wb.agreement(a, b).iloc[0]
    assert row["pairs"] == 10
    assert row["spearman"] == pytest.approx(spearmanr(a.matrix[above], b.matrix[above]).statistic)
    assert wb.agreement(a, drawn(1)).loc[0, "pairs"] == 20


def test_noise_makes_the_interval_wide_and_its_absence_hides_it():
    a = drawn(0, se=0.5)
    row = wb.agreement(a, a).iloc[0]
    assert row["spearman"] == pytest.approx(1)
    assert -0.2 < row["low"] < row["high"] < 1  # two measurements of one thing agree less than perfectly
    narrow = wb.agreement(drawn(0, se=0.05), a).iloc[0]
    assert narrow["high"] - narrow["low"] < row["high"] - row["low"]
    blind = wb.agreement(drawn(0, se=np.nan), a).iloc[0]
    assert np.isnan(blind["low"])
    assert np.isnan(blind["high"])


def test_tasks_may_come_in_another_order_and_pairs_may_be_unknown():
    a = drawn(0)
    order = [3, 1, 4, 0, 2]
    turned = Affinity.from_estimate(
        a.matrix[np.ix_(order, order)], a.se, [NAMES[i] for i in order], "one", symmetric=False
    )
    found = wb.agreement(a, turned)
    assert found.loc[0, "spearman"] == pytest.approx(1)
    assert list(found.loc[0, ["a", "b"]]) == ["one 1", "one 2"]
    a.matrix[0, 1] = np.nan
    assert wb.agreement(a, drawn(1)).loc[0, "pairs"] == 19


def test_every_two_maps_have_a_row():
    found = wb.agreement(drawn(0, method="x"), drawn(1, method="y"), drawn(2, method="z"))
    assert list(zip(found["a"], found["b"], strict=True)) == [("x", "y"), ("x", "z"), ("y", "z")]


def test_too_little_to_compare():
    with pytest.raises(wb.WorkbenchError, match="two maps at least, found 1"):
        wb.agreement(drawn(0))
    with pytest.raises(wb.WorkbenchError, match="different tasks: a, b, c, d, e and v, w, x, y, z"):
        wb.agreement(drawn(0), drawn(1, names=list("vwxyz")))
    with pytest.raises(wb.WorkbenchError, match="found 'cka'"):
        wb.agreement(drawn(0), "cka")
    two = drawn(0, names=["a", "b"])
    assert np.isnan(wb.agreement(two, two).loc[0, "spearman"])  # two values have no order worth the name
