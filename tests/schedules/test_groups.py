"""Groups of tasks in turn: running means of cosines, conflict colouring, average linkage, groups by hand."""

import itertools

import pytest
import torch

import workbench as wb
from tests.schedules.examples import begun, roster
from workbench.cosines import cosines as cosines_of
from workbench.schedules.affinity_groups import joined
from workbench.schedules.son_goku import coloured

NAN = float("nan")


def gramian(seed, tasks=3):
    J = torch.randn(tasks, 6, generator=torch.Generator().manual_seed(seed))
    return J @ J.T


def conflicts(seed, tasks):
    """A random graph."""
    drawn = torch.rand(tasks, tasks, generator=torch.Generator().manual_seed(seed)) < 0.4
    return (drawn.triu(1) | drawn.triu(1).T).tolist()


# ---------------------------------------------------------------- running means


@pytest.mark.parametrize("name", ["son_goku", "affinity_groups"])
def test_all_train_until_the_first_look(name):
    schedule = begun(name, every=4)
    assert [step for step in range(13) if schedule.due(step)] == [4, 8, 12]
    assert schedule.needs == "gramian"
    assert schedule.active(3, 3) == [0, 1, 2]


def test_the_running_mean_is_per_pair_and_free_of_its_start():
    schedule, beta = begun("son_goku", beta=0.5), 0.5
    grams = [gramian(seed) for seed in range(3)]
    grams[1][2], grams[1][:, 2] = NAN, NAN  # the last task is away once
    for G in grams:
        schedule.look(0, G)
    means = schedule.sums / schedule.parts
    cosines = [cosines_of(G) for G in grams]
    assert means[0, 2].item() == pytest.approx((beta * cosines[0][0, 2] + cosines[2][0, 2]).item() / (1 + beta))
    expected = (beta**2 * cosines[0] + beta * cosines[1] + cosines[2])[0, 1] / (1 + beta + beta**2)
    assert means[0, 1].item() == pytest.approx(expected.item())


@pytest.mark.parametrize("name", ["son_goku", "affinity_groups"])
@pytest.mark.parametrize("G", [torch.zeros(3, 3), torch.full((3, 3), NAN), torch.full((3, 3), float("inf"))], ids=str)
def test_gradients_that_say_nothing(name, G):
    schedule = begun(name)
    schedule.look(0, G)
    assert sorted(itertools.chain(*schedule.found)) == [0, 1, 2]


def test_a_task_turned_around_is_seen():
    schedule = begun("son_goku", beta=0.5)
    J = torch.eye(3)[[0, 0, 1]]
    schedule.look(0, J @ J.T)
    assert schedule.found == [[0, 1, 2]]
    J[1] = -J[1]
    for _ in range(3):
        schedule.look(0, J @ J.T)
    assert schedule.found == [[0, 2], [1]]
    assert [schedule.active(step, 3) for step in range(4)] == [[0, 2], [1], [0, 2], [1]]


# ---------------------------------------------------------------- colouring


@pytest.mark.parametrize("seed", range(30))
def test_colours(seed):
    tasks = 2 + seed % 7
    graph = conflicts(seed, tasks)
    found = coloured(graph)
    assert sorted(itertools.chain(*found)) == list(range(tasks))
    assert all(found)
    for group in found:
        assert not any(graph[i][j] for i in group for j in group)
    assert len(found) <= 1 + max(sum(row) for row in graph)


def test_the_one_with_most_conflicts_is_coloured_first():
    star = [[False, True, True, True], [True] + [False] * 3, [True] + [False] * 3, [True] + [False] * 3]
    assert coloured(star) == [[0], [1, 2, 3]]
    moved = [[i != j and 2 in (i, j) for j in range(4)] for i in range(4)]
    assert coloured(moved) == [[2], [0, 1, 3]]


def test_only_conflicts_beyond_tau_count():
    G = torch.tensor([[1.0, -0.2, 0.0], [-0.2, 1.0, -0.6], [0.0, -0.6, 1.0]])
    for tau, expected in ((0.1, [[1], [0, 2]]), (0.5, [[0, 1], [2]]), (0.7, [[0, 1, 2]])):
        schedule = begun("son_goku", tau=tau)
        schedule.look(0, G)
        assert schedule.found == expected, tau


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize("seed", range(10))
def test_average_linkage_by_hand(seed):
    """Joining the two groups with the largest mean cosine between them, until there are as many as wanted."""
    C = cosines_of(gramian(seed, 6).double())
    groups = [[i] for i in range(6)]
    while len(groups) > 3:
        a, b = max(
            itertools.combinations(range(len(groups)), 2),
            key=lambda pair: C[groups[pair[0]]][:, groups[pair[1]]].mean().item(),
        )
        groups[a] = sorted(groups[a] + groups.pop(b))
    assert joined(C, 3) == sorted(groups)


def test_as_many_groups_as_asked_for():
    C = cosines_of(gramian(0, 5).double())
    assert [len(joined(C, number)) for number in range(1, 6)] == [1, 2, 3, 4, 5]
    assert joined(torch.ones(1, 1), 1) == [[0]]
    assert len(joined(torch.zeros(4, 4, dtype=torch.float64), 2)) == 2  # ties


def test_groups_by_hand():
    told = roster(["digit", "parity", "ink"])
    schedule = begun("affinity_groups", told, groups=[["parity", "digit"], ["ink", "digit"]])
    assert [schedule.active(step, 3) for step in range(3)] == [[0, 1], [0, 2], [0, 1]]
    assert not any(schedule.due(step) for step in range(100))


def test_faults_in_groups_are_all_said():
    told = roster(["digit", "parity", "ink"])
    with pytest.raises(wb.WorkbenchError) as caught:
        begun("affinity_groups", told, groups=[["digit", "party"], [], ["ink", "ink"]])
    unknown, empty, twice, left = caught.value.faults
    assert "names no task 'party': did you mean 'parity'" in unknown
    assert "has an empty group" in empty
    assert "names a task twice in ['ink', 'ink']" in twice
    assert "has no group with task 'parity'" in left
    with pytest.raises(wb.WorkbenchError, match="number = 4, but there are 3 tasks"):
        begun("affinity_groups", number=4)
