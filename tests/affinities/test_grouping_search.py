"""The best networks of a table: published optima, and branch and bound against looking at everything."""

import os
from pathlib import Path

import numpy as np
import pytest

from workbench.affinities.grouping import Measured, evaluate, grouping
from workbench.affinities.grouping.search import branch_and_bound, exhaustive
from workbench.component import WorkbenchError

#: file -> budget -> the best total loss, and its groups
OPTIMA = {
    "results.txt": {
        1: (0.5076, "sdnkE"),
        1.5: (0.4663, "dnkE s"),
        2: (0.4569, "sdn nkE"),
        2.5: (0.4508, "sdn nkE n"),
        3: (0.4470, "sdn nkE n"),
        4: (0.4398, "snk dnk nkE n"),
        5: (0.4391, "snk dnk nkE n k"),
    },
    "results_large.txt": {
        1: (0.3632, "sdnkE"),
        2: (0.3220, "sdnE nk"),
        3: (0.3096, "sdn nk nE"),
        4: (0.3055, "sn dn nk nE"),
        5: (0.3050, "sn sdn nk nE n"),
    },
    "results_small_data.txt": {
        1: (0.4345, "sdnkE"),
        2: (0.4129, "sdnkE nkE"),
        2.5: (0.3910, "s dn nkE"),
        3: (0.3865, "nkE sn dn"),
        4: (0.3855, "nkE sn dn n"),
        5: (0.3855, "nkE sn dn n"),
    },
}
#: file -> five networks of one task each
APART = {"results.txt": 0.4531, "results_large.txt": 0.3560, "results_small_data.txt": 0.4102}


@pytest.fixture
def tables() -> dict[str, Measured]:
    """The three settings; skipped where the folder of real data is absent."""
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("WORKBENCH_TEST_DATA", default)) / "taskonomy"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set WORKBENCH_TEST_DATA")
    return {name: Measured.taskonomy(folder / name) for name in OPTIMA}


def groups(found) -> set[str]:
    return {"".join(group) for group in found.groups}


def assert_published(measured: Measured, name: str, search, budgets) -> None:
    for budget in budgets:
        score, wanted = OPTIMA[name][budget]
        found = search(measured, budget)
        assert found.score == pytest.approx(score, abs=5.1e-5), (name, budget)
        assert groups(found) == set(wanted.split()), (name, budget)
        assert found.proven
        assert sum(found.costs) <= budget
        assert found.all_apart == pytest.approx(APART[name], abs=5.1e-5)
        assert found.all_in_one == pytest.approx(OPTIMA[name][1][0], abs=5.1e-5)


def test_published_optima_of_the_bundled_table():
    assert_published(Measured.taskonomy(), "results.txt", branch_and_bound, OPTIMA["results.txt"])
    assert_published(Measured.taskonomy(), "results.txt", exhaustive, [1, 1.5, 2, 2.5, 3, 4])


@pytest.mark.parametrize("name", OPTIMA)
def test_published_optima(name, tables):
    assert_published(tables[name], name, branch_and_bound, OPTIMA[name])


def test_chosen_on_validation_reported_on_test():
    chosen = grouping(Measured.taskonomy("validation"), 2)
    report = evaluate(chosen, Measured.taskonomy("test"))
    assert report.groups == chosen.groups
    assert report.served_by == chosen.served_by
    assert report.score == pytest.approx(0.07193 + 0.17 + 0.09544 + 0.08921 + 0.02566)
    assert report.all_in_one == pytest.approx(0.5028, abs=5e-5)
    assert not report.proven
    assert "chosen elsewhere" in repr(report)


def test_a_table_that_lacks_the_networks():
    chosen = grouping(Measured.taskonomy(), 2)
    with pytest.raises(WorkbenchError, match="The grouping is of tasks s, d, n, k, E, the table of a"):
        evaluate(chosen, Measured(["a"], np.ones((1, 1)), lower_is_better=True))
    with pytest.raises(WorkbenchError, match=r"no network of n \+ k \+ E with cost 1"):
        evaluate(chosen, Measured(list("sdnkE"), np.ones((1, 5)), lower_is_better=True))


# ---------------------------------------------------------------- branch and bound


def drawn(seed: int) -> tuple[Measured, float]:
    """Some networks of up to 8 tasks, of costs that differ; many ties where values are rounded."""
    draw = np.random.default_rng(seed)
    K = int(draw.integers(1, 9))
    members = np.unique(draw.random((int(draw.integers(1, 24)), K)) < draw.uniform(0.2, 0.9), axis=0)
    members = np.unique(np.concatenate([members[members.any(1)], np.eye(K, dtype=bool)]), axis=0)
    values = draw.normal(size=members.shape)
    if seed % 3 == 0:
        values = np.round(values)
    costs = draw.choice([0.5, 1.0, 1.5], size=len(members)) if seed % 2 else np.ones(len(members))
    measured = Measured(
        [f"t{k}" for k in range(K)], np.where(members, values, np.nan), lower_is_better=bool(seed % 5), costs=costs
    )
    return measured, float(draw.choice([1, 1.5, 2, 3, 4]))


def test_branch_and_bound_equals_exhaustive_search():
    solved = 0
    for seed in range(200):
        measured, budget = drawn(seed)
        try:
            wanted = exhaustive(measured, budget)
        except WorkbenchError:
            with pytest.raises(WorkbenchError, match="within a budget of"):
                branch_and_bound(measured, budget)
            continue
        solved += 1
        found = branch_and_bound(measured, budget)
        assert found.score == pytest.approx(wanted.score, abs=1e-12), seed
        assert found.proven
        assert sum(found.costs) <= budget + 1e-9
    assert solved > 100


def test_each_task_is_served_by_its_best_network():
    measured = Measured.taskonomy()
    found = exhaustive(measured, 3)
    for task, number in found.served_by.items():
        column = measured.names.index(task)
        rows = [list(np.isin(measured.names, group)) for group in found.groups]
        values = [
            measured.values[(measured.members == row).all(1) & (measured.prices == cost)][0, column]
            for row, cost in zip(rows, found.costs, strict=True)
        ]
        assert np.nanmin(values) == values[number] == found.scores[task]


def test_no_time_gives_an_answer_and_a_bound_that_holds():
    draw = np.random.default_rng(0)
    members = draw.random((150, 12)) < 0.4
    members = np.unique(np.concatenate([members[members.any(1)], np.ones((1, 12), dtype=bool)]), axis=0)
    values = np.where(members, draw.random(members.shape), np.nan)
    for lower in (True, False):
        measured = Measured([f"t{k}" for k in range(12)], values, lower_is_better=lower)
        short, long = branch_and_bound(measured, 3, seconds=0.0), branch_and_bound(measured, 3)
        assert long.proven
        assert not short.proven
        if lower:
            assert short.bound <= long.score <= short.score
        else:
            assert short.bound >= long.score >= short.score
        assert short.gap == pytest.approx(abs(short.score - short.bound))
        assert "not proven" in repr(short)


def test_a_budget_too_small_for_all_tasks():
    measured = Measured(["a", "b"], np.array([[1, np.nan], [np.nan, 1]]), lower_is_better=True)
    for search in (exhaustive, branch_and_bound):
        with pytest.raises(WorkbenchError, match="No networks of the table serve all 2 tasks within a budget of 1"):
            search(measured, 1)
        assert search(measured, 2).score == 2
