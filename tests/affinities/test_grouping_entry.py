"""One call for every source, what it shows, and what it says about bad input."""

from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.affinities.grouping import Measured, Pairwise, grouping
from workbench.component import WorkbenchError

Z = np.array([[0, 0.5, -0.2], [0.3, 0, -0.1], [0.2, 0.1, 0]])
NAMES = ["cat", "dog", "car"]
RESULTS = pd.DataFrame(
    {"network": ["both", "a", "b"], "cost": [1, 1, 1], "a": [0.8, 0.5, np.nan], "b": [0.9, np.nan, 0.95]}
)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (Z, NAMES),
        (Z.tolist(), NAMES),
        (SimpleNamespace(matrix=Z, names=NAMES), None),
        (pd.DataFrame(Z, NAMES, NAMES), None),
    ],
    ids=["array", "list", "affinity", "frame"],
)
@pytest.mark.parametrize("search", ["auto", "exhaustive", "branch_and_bound"])
def test_affinities(source, names, search):
    found = grouping(source, 2, names=names, search=search)
    assert found.names == NAMES
    assert found.score == pytest.approx(0.8)
    assert sorted(found.groups) == [["car"], ["cat", "dog"]]
    assert found.proven
    assert not found.lower_is_better


@pytest.mark.parametrize("search", ["auto", "exhaustive", "branch_and_bound"])
def test_results(tmp_path, search):
    path = tmp_path / "r.csv"
    RESULTS.to_csv(path, index=False)
    for source in (RESULTS, path, str(path)):
        high = grouping(source, 1.5, lower_is_better=False, search=search)
        assert high.groups == [["a", "b"]]
        low = grouping(source, 2, lower_is_better=True, search=search)
        assert low.scores == {"a": 0.5, "b": 0.9}
        assert low.groups == [["a"], ["a", "b"]] or low.groups == [["a", "b"], ["a"]]
    assert grouping(Measured.taskonomy(), 2, search=search).score == pytest.approx(0.4569, abs=5e-5)


def test_alone():
    assert grouping(Z, 2, names=NAMES, alone=1.0).score == pytest.approx(1 + 0.3 + 0.5)
    assert grouping(Z, 3, names=NAMES, alone=[0, 0, 5.0]).scores["car"] == 5


def test_auto_looks_at_everything_where_that_is_little():
    assert grouping(np.zeros((7, 7)), 2, names=list("abcdefg")).method == "exhaustive"
    assert grouping(np.zeros((8, 8)), 2, names=list("abcdefgh")).method == "branch_and_bound"


@pytest.mark.parametrize("networks", [0, 0.5, -1, np.nan, np.inf, True, None, "2"])
def test_bad_budgets(networks):
    with pytest.raises(WorkbenchError, match="The budget is a number of networks of at least 1, not"):
        grouping(Z, networks, names=NAMES)


@pytest.mark.parametrize(
    ("source", "settings", "sentence"),
    [
        (Z, {}, "An array of affinities has no names"),
        (Z, {"names": NAMES, "networks": 1.5}, "By affinity every network costs 1"),
        (Z, {"names": NAMES, "seconds": 0}, "more than 0 seconds, not 0"),
        (Z, {"names": NAMES, "search": "exhaustiv"}, "no search 'exhaustiv'; did you mean 'exhaustive'"),
        (RESULTS, {}, "lower_is_better=True"),
        ("no.csv", {}, "lower_is_better=True"),
        ("no.csv", {"lower_is_better": True}, "'no.csv' cannot be read"),
        (7, {}, "not by int"),
        ([["a", "b"]], {"names": NAMES}, "are numbers: could not convert"),
        (Z, {"names": NAMES, "alone": "x"}, "are numbers: could not convert"),
    ],
)
def test_bad_input(source, settings, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        grouping(source, **{"networks": 2, **settings})


# ---------------------------------------------------------------- what it shows


def test_a_row_per_task():
    frame = grouping(Measured.taskonomy(), 2).frame()
    assert list(frame["task"]) == list("sdnkE")
    assert list(frame["group"]) == ["s + d + n"] * 3 + ["n + k + E"] * 2
    assert list(frame["score"]) == [0.07498, 0.1698, 0.09575, 0.09024, 0.02609]
    assert list(frame["alone"]) == [0.08039, 0.1695, 0.08591, 0.0895, 0.02783]
    assert list(frame["all_in_one"]) == [0.07854, 0.1864, 0.1, 0.09814, 0.04453]


def test_a_row_per_network_and_task():
    found = grouping(Measured.taskonomy(), 2.5)
    frame = found.memberships()
    assert len(frame) == 5 * len(found.groups)
    roles = frame.pivot(index="network", columns="task", values="role")
    number = next(i for i, group in enumerate(found.groups) if group == ["n", "k", "E"]) + 1
    assert roles.loc[number, list("sdnkE")].tolist() == ["absent", "absent", "trains along", "answers", "answers"]
    assert frame["score"].notna().sum() == 5
    assert sorted(frame.drop_duplicates("network")["cost"]) == [0.5, 1, 1]


def test_what_it_says():
    text = repr(grouping(Measured.taskonomy(), 2))
    for part in (
        "5 tasks in 2 networks, cost 2 of 2",
        "answers for k, E; n trained along",
        "score      0.4569 (lower is better)",
        "all in one 0.5076",
        "all apart  0.4531 (5 networks)",
        "proven: no grouping within the budget is better",
    ):
        assert part in text
    summary = grouping(Measured.taskonomy(), 2).summary
    assert summary == "score 0.4569, all in one 0.5076, all apart 0.4531 (lower is better); proven best"


def test_what_was_never_measured_is_not_known():
    measured = Measured(["a", "b"], np.array([[1.0, np.nan], [np.nan, 1.0]]), lower_is_better=True)
    assert "all in one not known" in repr(grouping(measured, 2))


def test_names_are_escaped_in_a_page():
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.seen = set()

        def handle_starttag(self, tag, attrs):
            self.seen.add(tag)

    page = grouping(Z, 2, names=["<img>", "dog", "car"])._repr_html_()
    parser = Tags()
    parser.feed(page)
    assert {"table", "ul", "p"} <= parser.seen
    assert "img" not in parser.seen


def test_given_arrays_stay_as_they_are():
    matrix, values = np.full((2, 2), 0.5), np.ones((1, 2))
    pairwise, measured = Pairwise(matrix, ["a", "b"]), Measured(["a", "b"], values, lower_is_better=True)
    grouping(matrix, 1, names=["a", "b"])
    assert matrix.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert pairwise.matrix is not matrix
    assert measured.values is not values
