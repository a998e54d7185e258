"""Transfer gains by hand: sign, direction, noise over seeds."""

import pytest

from workbench.affinities.base import Subsets
from workbench.affinities.transfer import Transfer

A, B, AB = frozenset("a"), frozenset("b"), frozenset("ab")


def given(*results, higher=False):
    return Subsets(["a", "b"], results, {"a": higher, "b": higher})


ONE = {A: {"a": 2.0}, B: {"b": 4.0}, AB: {"a": 1.0, "b": 5.0}}
TWO = {A: {"a": 2.0}, B: {"b": 4.0}, AB: {"a": 1.5, "b": 5.0}}


def test_rows_help_columns():
    found = Transfer().estimate(given(ONE, TWO))
    assert found.matrix[1, 0].item() == pytest.approx((0.5 + 0.25) / 2)  # b lowers the loss of a
    assert found.matrix[0, 1].item() == pytest.approx(-0.25)  # a raises that of b
    assert found.se[1, 0].item() == pytest.approx(0.125)  # half the difference of two values
    assert found.se[0, 1].item() == 0
    assert found.freedom == 1
    assert found.matrix.diagonal().tolist() == [0, 0]


def test_metrics_of_which_more_is_better_have_the_other_sign():
    found = Transfer().estimate(given(ONE, higher=True)).matrix
    assert found[1, 0].item() == -0.5
    assert found[0, 1].item() == 0.25


def test_one_seed_tells_nothing_of_the_noise():
    assert bool(Transfer().estimate(given(ONE)).se.isnan().all())


def test_a_share_of_nothing_is_none():
    found = Transfer().estimate(given({**ONE, A: {"a": 0.0}})).matrix
    assert bool(found[1, 0].isnan())
    assert found[0, 1].item() == -0.25


def test_a_metric_below_zero_is_compared_with_its_size():
    found = Transfer().estimate(given({**ONE, B: {"b": -4.0}, AB: {"a": 1.0, "b": -2.0}}, higher=True)).matrix
    assert found[0, 1].item() == 0.5
