"""Weightings on toys: golden figures, exactness of the batch, and what the figures show."""

import pytest
import torch

import workbench as wb
from workbench.plots.landscape import _seen
from workbench.toys import get

CAGRAD_PAPER = {"name": "cagrad", "c": 0.5, "rescale": "1+c"}


def end(found, method):
    """End points of a method from all starts, and its mean losses."""
    ends = found.ends[found.ends["method"] == method]
    return torch.tensor(ends[["x1", "x2"]].to_numpy()), ends["mean_loss"].tolist()


def test_a_path_is_plain_torch_adam():
    """Batched paths equal a loop of torch.optim.Adam over each start by itself."""
    found = wb.landscape(["mgda", "equal"], lr=0.05, steps=40, every=1)
    toy = get("cagrad")
    for s, start in enumerate(toy.starts):
        x = start.clone().requires_grad_()
        adam = torch.optim.Adam([x], lr=0.05)
        for step in range(41):
            here = found.frame[
                (found.frame["method"] == "equal") & (found.frame["start"] == s) & (found.frame["step"] == step)
            ]
            assert torch.allclose(torch.tensor(here[["x1", "x2"]].to_numpy())[0], x.detach(), atol=1e-9)
            adam.zero_grad()
            toy.losses(x).sum().backward()
            adam.step()


@pytest.mark.parametrize("method", ["mgda", "uncertainty", "graddrop", "dwa"])
def test_company_changes_nothing(method):
    """A method's paths are the same alone as beside others; the first start's also without the other starts."""
    together = wb.landscape(["equal", method, "pcgrad"], lr=0.05, steps=150)
    alone = wb.landscape(method, lr=0.05, steps=150)
    single = wb.landscape(method, start=[-8.5, 7.5], lr=0.05, steps=150)
    assert torch.allclose(end(together, method)[0], end(alone, method)[0], atol=1e-9)
    assert torch.allclose(end(single, method)[0][0], end(alone, method)[0][0], atol=1e-9)
    assert single.frame["start"].unique().tolist() == [0]


def test_the_learning_rate_artefact():
    """Adam on the mean reaches the optimum from all three starts with lr 1; with the papers' 0.001 two stick."""
    fast = wb.landscape("equal", lr=1.0, steps=200, every=1)
    loss = fast.frame[["loss1", "loss2"]].mean(axis=1)
    near = fast.frame[loss < -15.091638 + 0.01].groupby("start")["step"].min()
    assert near.index.tolist() == [0, 1, 2]
    assert near.max() == pytest.approx(108, abs=1)
    slow = wb.landscape(["equal", "mgda"], lr=0.001, steps=12_000)
    where, mean = end(slow, "equal")
    assert torch.allclose(where[1], torch.tensor([0, -8.355], dtype=torch.float64), atol=0.05)
    for stuck in (0, 2):  # in the narrow valleys, where they still are after 100,000 steps (bench_landscape.py)
        assert abs(where[stuck, 0]) == pytest.approx(5, abs=0.2)
        assert where[stuck, 1] > 2
        assert mean[stuck] > 3
    # from the second start, in the wide valley, MGDA is where it will be after 100,000 steps
    assert end(slow, "mgda")[0][1].tolist() == pytest.approx([-7.00, -8.43], abs=0.05)


def test_cagrad_reaches_the_optimum_from_every_start():
    where, mean = end(wb.landscape(CAGRAD_PAPER, lr=1.0, steps=300), "cagrad, c = 0.5, rescale = 1+c")
    assert torch.allclose(where, torch.tensor([0, -8.355], dtype=torch.float64).expand(3, 2), atol=0.05)
    assert mean == pytest.approx([-15.092] * 3, abs=0.01)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_mgda_ends_on_the_pareto_set_of_two_quadratics(optimizer):
    found = wb.landscape("mgda", toy="two_quadratics", lr=0.05, steps=800, optimizer=optimizer)
    assert found.ends["to_pareto_set"].max() < 1e-3
    assert len(found.ends["x1"].round(2).unique()) == 3  # each start has an end of its own


def test_weighted_sums_reach_their_own_point_of_the_quadratics():
    found = wb.landscape(
        {"name": "fixed", "weights": {"loss1": 0.3, "loss2": 0.7}}, toy="two_quadratics", lr=0.1, steps=800
    )
    assert found.frame["method"].unique().tolist() == ["fixed, weights = loss1 0.3 loss2 0.7"]
    wanted = get("two_quadratics").pareto_set(11)[3]
    assert torch.allclose(torch.tensor(found.ends[["x1", "x2"]].to_numpy()), wanted.expand(3, 2), atol=1e-4)


def test_weighted_sums_miss_the_middle_of_a_concave_front():
    """Linear scalarization finds only the ends of Fonseca's front; MGDA stops between them."""
    weights = [{"name": "fixed", "weights": {"loss1": w, "loss2": 1 - w}} for w in (0.3, 0.5, 0.7)]
    toy = {"name": "fonseca", "n": 20}
    ends = wb.landscape([*weights, "mgda"], toy=toy, lr=0.3, steps=800, optimizer="sgd").ends
    linear, mgda = ends[ends["method"] != "mgda"], ends[ends["method"] == "mgda"]
    assert (linear[["loss1", "loss2"]].min(axis=1) < 0.01).all()
    assert (linear[["loss1", "loss2"]].max(axis=1) > 0.97).all()
    assert mgda[["loss1", "loss2"]].to_numpy().min() > 0.4


def test_the_box_is_kept():
    frame = wb.landscape("equal", toy="zdt1", lr=0.5, steps=50, every=1).frame
    assert frame[["x1", "x2"]].to_numpy().min() >= 0
    assert frame[["x1", "x2"]].to_numpy().max() <= 1


def test_a_method_without_a_finite_direction_stays_where_it_is():
    found = wb.landscape(["equal", "mgda"], toy="two_quadratics", lr=1e300, steps=30, optimizer="sgd", every=1)
    ends = found.ends.set_index(["method", "start"])
    assert ends["stopped"].notna().all()
    step = int(ends.loc[("equal", 0), "stopped"])
    path = found.frame[(found.frame["method"] == "equal") & (found.frame["start"] == 0)].set_index("step")
    assert path.loc[step, "x1"] == path.loc[30, "x1"]


def test_frame_and_figures():
    found = wb.landscape(["equal", "mgda"], lr=0.1, steps=300, every=7)
    assert list(found.frame.columns) == ["method", "start", "step", "x1", "x2", "loss1", "loss2"]
    assert found.frame["step"].unique().tolist() == [*range(0, 300, 7), 300]
    toy = get("cagrad")
    losses = toy.losses(torch.tensor(found.frame[["x1", "x2"]].to_numpy()))
    assert torch.allclose(losses, torch.tensor(found.frame[["loss1", "loss2"]].to_numpy()))
    for figure in (found.figure(), found.front_figure()):
        lines = {trace.name: trace.line for trace in figure.data if trace.name and trace.mode == "lines"}
        assert {"equal", "mgda"} <= set(lines)
        assert lines["equal"].dash != lines["mgda"].dash
        assert lines["equal"].color != lines["mgda"].color
        shown = [trace.name for trace in figure.data if trace.name and trace.showlegend is not False]
        assert sorted(shown)[-2:] == ["equal", "mgda"]  # each once
    assert {note.text for note in found.figure(panels=True).layout.annotations} == {"equal", "mgda"}
    assert "to_pareto_set" in repr(found)


def test_a_picture_keeps_the_ends_of_a_path_and_what_moves():
    points = torch.tensor([[0.0, 0.0], [1e-6, 0.0], [0.5, 0.0], [0.5, 1e-9]]).numpy()
    axis = torch.tensor([0.0, 1.0]).numpy()
    assert _seen(points, (axis, axis)).tolist() == [0, 2, 3]


def test_more_than_two_coordinates_have_no_map():
    found = wb.landscape("equal", toy={"name": "zdt3", "n": 4}, lr=0.01, steps=5)
    assert found.frame.columns.tolist()[3:7] == ["x1", "x2", "x3", "x4"]
    assert found.front_figure().data
    with pytest.raises(wb.WorkbenchError, match="use front_figure"):
        found.figure()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"methods": None}, "landscape needs a method or a list of them, found None"),
        ({"methods": ["mgda"], "lr": "0.1"}, "lr should be a finite number of at least 0, found '0.1'"),
        ({"methods": ["mgda"], "optimizer": ["adam"]}, "optimizer = \\['adam'\\] is unknown"),
        ({"methods": ["mgda"], "steps": True}, "steps should be a whole number of at least 1, found True"),
    ],
)
def test_wrong_types_are_one_sentence(given, words):
    with pytest.raises(wb.WorkbenchError, match=words):
        wb.landscape(**given)


def test_every_fault_at_once():
    with pytest.raises(wb.WorkbenchError) as error:
        wb.landscape(["mgdaa", {"name": "cagrad", "d": 1}, 3], toy="cagrd", optimizer="adm", steps=0, lr=-1.0)
    text = str(error.value)
    for sentence in (
        "did you mean 'mgda'",
        "no setting 'd'",
        "found 3",
        "did you mean 'cagrad'",
        "'adm'",
        "steps",
        "lr",
    ):
        assert sentence in text


@pytest.mark.parametrize("start", [[1.0, 2.0, 3.0], [[float("nan"), 0.0]], "middle", []])
def test_starts_of_the_wrong_shape(start):
    with pytest.raises(wb.WorkbenchError, match="start should be points of 2 finite numbers"):
        wb.landscape("equal", start=start)
