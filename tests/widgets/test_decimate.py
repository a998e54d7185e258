"""Thinning keeps what the eye would miss."""

import numpy as np
import pytest

from workbench.widgets.canvas.decimate import decimate, shares


def noisy(count, seed=0):
    return np.arange(count), np.random.default_rng(seed).normal(size=count)


def test_a_short_curve_is_left_alone():
    steps, values = noisy(100)
    thin_steps, thin_values = decimate(steps, values, 100)
    assert thin_steps is steps
    assert thin_values is values


@pytest.mark.parametrize("count", [5, 101, 1_000, 100_003])
@pytest.mark.parametrize("limit", [4, 5, 50, 99])
def test_no_more_points_than_allowed(count, limit):
    steps, values = decimate(*noisy(count), limit)
    assert 2 <= len(steps) == len(values) <= limit


def test_first_last_lowest_and_highest_stay():
    steps, values = noisy(10_000)
    thin_steps, thin_values = decimate(steps, values, 60)
    assert (thin_steps[0], thin_steps[-1]) == (0, 9_999)
    assert (thin_values[0], thin_values[-1]) == (values[0], values[-1])
    assert (thin_values.min(), thin_values.max()) == (values.min(), values.max())


def test_every_kept_point_is_a_point_of_the_curve_and_in_order():
    steps, values = noisy(5_000)
    thin_steps, thin_values = decimate(steps, values, 200)
    assert np.all(np.diff(thin_steps) > 0)
    np.testing.assert_array_equal(values[thin_steps], thin_values)


def test_each_stretch_keeps_its_own_extremes():
    steps, values = noisy(1_000)
    kept = set(decimate(steps, values, 22)[0].tolist())
    for start in range(0, 1_000, 100):
        part = values[start : start + 100]
        assert {start + int(part.argmin()), start + int(part.argmax())} <= kept


def test_a_single_spike_survives_thinning_again_and_again():
    steps, values = noisy(100_000)
    values[31_415] = 50.0
    for limit in (10_000, 1_000, 100, 10):
        steps, values = decimate(steps, values, limit)
    assert 50.0 in values


def test_old_and_new_parts_of_a_growing_curve_end_up_equally_dense():
    kept = np.empty(0, dtype=int), np.empty(0)
    for start in range(0, 40_000, 500):
        steps, values = noisy(500, seed=start)
        kept = np.concatenate([kept[0], start + steps]), np.concatenate([kept[1], values])
        if len(kept[0]) > 400:
            kept = decimate(*kept, 200)
    old, new = np.histogram(decimate(*kept, 100)[0], bins=2)[0]
    assert 0.7 < old / new < 1.4


def test_uneven_steps_and_constant_values():
    steps = np.concatenate([np.arange(10), [10**9]])
    thin_steps, thin_values = decimate(steps, np.ones(11), 6)
    assert thin_steps[0] == 0
    assert thin_steps[-1] == 10**9
    assert set(thin_values.tolist()) == {1.0}


@pytest.mark.parametrize(
    ("counts", "total", "expected"),
    [
        ([10, 20], 100, [10, 20]),
        ([10, 1_000, 1_000], 210, [10, 100, 100]),
        ([1_000, 10, 30], 100, [60, 10, 30]),
        ([5, 5], 0, [0, 0]),
        ([], 100, []),
    ],
)
def test_short_curves_stay_whole_and_long_ones_share_the_rest(counts, total, expected):
    assert shares(counts, total) == expected
