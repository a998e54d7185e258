"""All methods on one gramian."""

import math

import numpy
import pytest
import torch

import workbench as wb
from workbench.component import members


def test_compare_holds_every_method_and_task():
    J = torch.tensor([[1.0, 0.0, 0.0], [-0.5, 1.0, 0.0], [0.0, 3.0, 4.0]])
    G, losses = J @ J.T, torch.tensor([0.5, 1.0, 2.0])
    frame = wb.weightings.compare(G, losses, ["a", "b", "c"])
    gramian = {name for name, cls in members("weighting").items() if cls.needs == "gramian"}
    assert gramian <= set(frame["method"])
    assert {"equal", "dwa", "uncertainty"} <= set(frame["method"])
    assert (frame.groupby("method")["task"].apply(list).map(len) == 3).all()
    equal = frame[frame["method"] == "equal"].set_index("task")
    update = equal["weight"].to_numpy() @ J.numpy()
    assert equal["length"].iloc[0] == pytest.approx(float((update @ update) ** 0.5), rel=1e-6)
    assert equal["cosine"]["a"] == pytest.approx(float(update[0] / (update @ update) ** 0.5), rel=1e-6)
    assert equal["cosine_with_mean"].iloc[0] == pytest.approx(1)
    assert frame[frame["method"].isin(["mgda", "upgrad", "nash_mtl"])]["conflicts"].eq(0).all()
    assert frame[frame["method"] == "nash_mtl"]["length"].iloc[0] == pytest.approx(1, rel=1e-5)


def test_compare_counts_conflicts():
    frame = wb.weightings.compare(torch.tensor([[1.0, -2.0], [-2.0, 9.0]]), torch.ones(2))
    equal = frame[frame["method"] == "equal"]
    assert equal["conflicts"].tolist() == [1, 1]
    assert equal["cosine"].iloc[0] == pytest.approx(-1 / math.sqrt(6), rel=1e-5)


def test_weights_of_ones_own_stand_beside_the_methods():
    G = torch.tensor([[1.0, -2.0], [-2.0, 9.0]])
    frame = wb.weightings.compare(G, torch.ones(2), ["a", "b"], also={"by hand": [1.0, 3.0], "as equal": [1, 1]})
    assert frame["method"].unique()[:2].tolist() == ["by hand", "as equal"]
    mine = frame[frame["method"] == "by hand"]
    assert mine["needs"].unique().tolist() == [""]
    assert mine["share"].tolist() == [0.25, 0.75]
    measures = ["weight", "share", "cosine", "cosine_with_mean", "length", "conflicts"]
    as_equal, equal = (frame.loc[frame["method"] == method, measures] for method in ("as equal", "equal"))
    assert as_equal.to_numpy().tolist() == equal.to_numpy().tolist()


def test_comparing_draws_no_number_that_a_run_beside_it_would_have_drawn():
    before = torch.get_rng_state(), numpy.random.get_state()[1].tolist()
    wb.weightings.compare(torch.eye(3), torch.ones(3))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert numpy.random.get_state()[1].tolist() == before[1]


def test_compare_of_nothing_and_of_opposites():
    for G in (torch.zeros(2, 2), torch.tensor([[1.0, -1.0], [-1.0, 1.0]])):
        frame = wb.weightings.compare(G, torch.ones(2))
        assert frame["weight"].notna().all()
        assert frame[frame["method"] == "mgda"]["cosine"].isna().all()


def test_compare_names_what_does_not_fit():
    with pytest.raises(wb.WorkbenchError, match=r"found \[2, 3\] and \[2\]"):
        wb.weightings.compare(torch.ones(2, 3), torch.ones(2))
    with pytest.raises(wb.WorkbenchError, match="finite"):
        wb.weightings.compare(torch.eye(2) * torch.nan, torch.ones(2))
    with pytest.raises(wb.WorkbenchError, match="2 weights for 'mine'"):
        wb.weightings.compare(torch.eye(2), torch.ones(2), also={"mine": [1, 2, 3]})
    for names in (["a"], ["a", "a"]):
        with pytest.raises(wb.WorkbenchError, match="one name of its own per task: 2 tasks"):
            wb.weightings.compare(torch.eye(2), torch.ones(2), names)
    with pytest.raises(wb.WorkbenchError, match="found \\['a', 'b'\\]"):
        wb.weightings.compare(torch.eye(2), torch.ones(2), also={"mine": ["a", "b"]})
    with pytest.raises(wb.WorkbenchError, match="'mgda' is a weighting of its own"):
        wb.weightings.compare(torch.eye(2), torch.ones(2), also={"mgda": [1, 2]})
    with pytest.raises(wb.WorkbenchError, match="losses of at least 0"):
        wb.weightings.compare(torch.eye(2), torch.tensor([-1.0, 2.0]))
    for G in ([[1.0, 3.0], [3.0, 1.0]], [[1.0, 0.5], [0.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]]):
        with pytest.raises(wb.WorkbenchError, match="compare needs a gramian"):
            wb.weightings.compare(torch.tensor(G), torch.ones(2))


def test_numbers_of_any_kind_are_compared():
    frame = wb.weightings.compare(torch.eye(2), torch.tensor([1.0, 2.0]))
    for G, losses in (([[1, 0], [0, 1]], [1, 2]), (numpy.eye(2), numpy.array([1.0, 2.0]))):
        other = wb.weightings.compare(G, losses)
        assert other["weight"].to_numpy() == pytest.approx(frame["weight"].to_numpy(), rel=1e-5)


def test_a_matrix_that_holds_no_numbers_gets_no_weights_among_others():
    G = torch.stack([torch.eye(3), torch.full((3, 3), torch.nan)])
    for name in ("mgda", "config", "nash_mtl", "upgrad", "cagrad", "aligned_mtl", "dual"):
        weights = wb.weightings.get(name)(G, losses=torch.ones(2, 3))
        assert weights[0].isfinite().all()
        assert weights[1].isnan().all()
