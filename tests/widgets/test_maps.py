"""Which maps stay when there are too many."""

import numpy as np
import pytest

from workbench.widgets.canvas.maps import LARGEST, MOST, Maps, evenly, most


def rows(of, count=4):
    """Single rows at steps 1, 2, …, for these tasks."""
    steps = np.arange(1, len(of) + 1, dtype=np.uint32)
    return Maps(steps, np.repeat(steps[:, None], count, 1).astype(np.float32), np.array(of, np.uint32))


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 99])
def test_first_and_last_stay_and_others_evenly(limit):
    steps = np.arange(7, 707, 7)
    kept = evenly(steps, limit)
    assert len(kept) == limit
    assert kept[-1] == 99
    if limit > 1:
        assert kept[0] == 0
        assert np.ptp(np.diff(kept)) <= 1


def test_steps_count_not_places():
    """A run measured every step first, then every hundredth."""
    steps = np.concatenate([np.arange(100), np.arange(100, 10_001, 100)])
    kept = steps[evenly(steps, 11)]
    assert kept.tolist() == [0, *range(1_000, 10_001, 1_000)]


def test_few_maps_are_all_kept():
    assert evenly(np.array([3, 9]), 2).tolist() == [0, 1]
    assert evenly(np.array([], int), 5).tolist() == []


def test_the_newest_row_of_every_task_stays_first_of_all():
    found = rows([0, 1, *[2] * 100, 3, *[2] * 100])
    assert found.thinned(4).steps.tolist() == [1, 2, 103, 203]
    kept = found.thinned(8)
    assert len(kept) == 8
    assert {1, 2, 103, 203} <= set(kept.steps.tolist())
    assert sorted(kept.rows.tolist()) == [0, 1, 2, 2, 2, 2, 2, 3]
    np.testing.assert_array_equal(kept.values[:, 0], kept.steps)
    assert found.thinned(2).steps.tolist() == [103, 203]  # no room for all: the newest


@pytest.mark.parametrize("tasks", [2, 6, 20, 50])
def test_what_is_kept_is_bounded_while_a_run_goes_on(tasks):
    matrix = np.zeros((tasks, tasks))
    kept = Maps.measured([(1, matrix)])
    for step in range(2, 2_000):
        kept = kept.joined(Maps.measured([(step, matrix)]))
        assert len(kept) <= most(tasks, rows=False) <= MOST
    assert (kept.steps[0], kept.steps[-1]) == (1, 1_999)
    assert kept.values.nbytes <= 400_000
    assert len(kept.within(LARGEST["measured"]).packed()) <= LARGEST["measured"]
    assert len(kept.within(LARGEST["measured"])) >= 2


def test_a_backlog_is_thinned_before_it_is_copied():
    kept = Maps.measured([(step, np.full((2, 2), step)) for step in range(1, 10_001)])
    assert len(kept) == MOST
    np.testing.assert_array_equal(kept.values[:, 0, 0], kept.steps)


def test_colours_leave_a_task_and_itself_out():
    found = rows([0, 2])
    values = np.array([[50.0, 0.1, 0.1, np.nan], [0.1, -0.1, 50.0, 0.1]], dtype=np.float32)
    assert Maps(found.steps, values, found.rows).reach == pytest.approx(0.1)
    whole = np.where(np.eye(4, dtype=bool), 50.0, -0.2)
    assert Maps.measured([(1, whole)]).reach == pytest.approx(0.2)
    assert Maps.measured([(1, np.full((4, 4), np.nan))]).reach == 1.0
