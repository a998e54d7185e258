"""One network per task, stitched: cross-stitch, sluice, NDDR, learning to branch, soft sharing."""

import math

import pytest
import torch
import torch.nn.functional as F

from tests.fusions.examples import TASKS, batch, made, shown
from workbench.component import WorkbenchError, component
from workbench.encoders.base import View
from workbench.encoders.mlp import MLP
from workbench.fusions.model import build_model
from workbench.tasks import Regression


def columns(model):
    (part,) = model.sharing.views_parts
    return part


def by_hand(part, x, mix):
    """Two stages of an MLP per task, ``mix(level, xs)`` after each."""
    xs = [x] * len(TASKS)
    for level in range(2):
        xs = mix(level, [column.stages[level](h) for column, h in zip(part.columns, xs, strict=True)])
    return xs


@pytest.mark.parametrize("alpha", ["channel", "scalar"])
def test_cross_stitch_starts_with_nine_tenths_of_its_own(alpha):
    model, x = made("cross_stitch", {"alpha": alpha}), batch()
    part = columns(model)

    def mix(level, xs):
        return [0.9 * xs[k] + 0.05 * sum(xs[j] for j in range(3) if j != k) for k in range(3)]

    found = model.sharing(x, TASKS)
    for task, wanted in zip(TASKS, by_hand(part, x["v"], mix), strict=True):
        torch.testing.assert_close(found[task].values, wanted)
    assert {tuple(row.shape) for unit in part.units for row in unit.alpha} == {(3, 8 if alpha == "channel" else 1)}
    tables = model.inspect(x)
    assert list(tables) == ["stitch 1", "stitch 2"]
    assert tables["stitch 1"].rows == tables["stitch 1"].columns == TASKS
    torch.testing.assert_close(tables["stitch 2"].values, torch.full((3, 3), 0.05) + 0.85 * torch.eye(3))


def test_cross_stitch_weighs_channel_by_channel():
    model, x = made("cross_stitch", encoder="cnn"), batch("cnn")
    part = columns(model)
    with torch.no_grad():
        for unit in part.units:
            for row in unit.alpha:
                row.uniform_(-1, 1)
    xs = [x["v"]] * 3
    for level, place in enumerate(part.columns[0].places):
        given = [column.stages[level](h) for column, h in zip(part.columns, xs, strict=True)]
        shape = (-1, 1, 1) if place.axis == 1 else (-1,)
        xs = [sum(a.view(shape) * g for a, g in zip(row, given, strict=True)) for row in part.units[level].alpha]
    found = model.sharing(x, TASKS)
    for task, wanted in zip(TASKS, xs, strict=True):
        torch.testing.assert_close(found[task].values, wanted)


def test_a_lone_network_is_stitched_to_nothing():
    alone, plain = made("cross_stitch", tasks=["size"]), made("shared", tasks=["size"])
    torch.testing.assert_close(alone(batch())["size"], plain(batch())["size"])


def test_nddr_starts_near_its_own_network():
    model, x = made("nddr"), batch()
    part = columns(model)
    eye = torch.eye(8)
    for unit in part.units:
        for k, W in enumerate(unit.reduce):
            wanted = torch.cat([(0.9 if j == k else 0.05) * eye for j in range(3)], dim=1)
            torch.testing.assert_close(W, wanted)

    def mix(level, xs):
        return [
            F.relu(F.layer_norm(0.9 * xs[k] + 0.05 * sum(xs[j] for j in range(3) if j != k), (8,))) for k in range(3)
        ]

    found = model.sharing(x, TASKS)
    for task, wanted in zip(TASKS, by_hand(part, x["v"], mix), strict=True):
        torch.testing.assert_close(found[task].values, wanted)
    torch.testing.assert_close(model.inspect(x)["reduction 1"].values, torch.full((3, 3), 0.05) + 0.85 * torch.eye(3))


def test_nddr_normalises_maps_over_the_batch():
    model = made("nddr", encoder="cnn")
    kinds = [type(unit.norms[0]) for unit in columns(model).units]
    assert [issubclass(kind, torch.nn.BatchNorm2d) for kind in kinds] == [True, True, False]
    before = columns(model).units[0].norms[0].running_mean.clone()
    model(batch("cnn"))
    assert not torch.equal(columns(model).units[0].norms[0].running_mean, before)


@pytest.mark.parametrize("start", ["imbalanced", "balanced"])
def test_sluices_at_the_start(start):
    model, x = made("sluice", {"start": start, "same": 0.8}), batch()
    part = columns(model)
    alpha = torch.cat(list(part.units[0].alpha))
    wanted = torch.full((6, 6), 1 / 6) if start == "balanced" else torch.full((6, 6), 0.04) + 0.76 * torch.eye(6)
    torch.testing.assert_close(alpha, wanted)
    levels = []

    def mix(level, xs):
        halves = [half for h in xs for half in (h[:, :4], h[:, 4:])]
        mixed = [sum(a * half for a, half in zip(row, halves, strict=True)) for row in wanted]
        levels.append([torch.cat(mixed[2 * k : 2 * k + 2], dim=1) for k in range(3)])
        return levels[-1]

    by_hand(part, x["v"], mix)
    found = model.sharing(x, TASKS)
    for k, task in enumerate(TASKS):
        torch.testing.assert_close(found[task].values, (levels[0][k] + levels[1][k]) / 2)


def test_sluice_penalty_is_the_overlap_of_the_subspaces():
    model, x = made("sluice", {"orthogonality": 0.3}), batch()
    part, given = columns(model), []

    def mix(level, xs):
        given.extend(xs)
        return part.units[level](xs, range(3))

    by_hand(part, x["v"], mix)
    model(x)
    wanted = 0.3 * sum((h[:, :4].T @ h[:, 4:] / len(h)).square().sum() for h in given)
    penalty = model.sharing.penalty()
    torch.testing.assert_close(penalty, wanted)
    assert model.sharing.penalty() is None  # it is asked for once
    model.eval()(x)
    assert model.sharing.penalty() is None


def test_sluice_penalty_leaves_padding_out():
    x, penalties = batch("sequence"), []
    for extra in (0, 5):
        model = made("sluice", {"orthogonality": 1.0}, "sequence")
        model({"v": F.pad(x["v"], (0, extra))})
        penalties.append(model.sharing.penalty())
    torch.testing.assert_close(*penalties)
    assert penalties[0] > 0


def test_sluices_need_channels_that_can_be_divided():
    view = View("table", "vector", (5,))
    fusion = component("fusion", "sluice")(subspaces=3)
    with pytest.raises(WorkbenchError, match=r"stage 1 of view 'table' has 8 channels, which cannot be divided into 3"):
        build_model(MLP(width=8), fusion, [view], [Regression("a"), Regression("b")])


# ---------------------------------------------------------------- learning to branch


def test_temperature_halves_its_distance():
    model = made("ltb", {"start": 4.0, "end": 1.0, "half_life": 10})
    unit = columns(model).units[0]
    assert float(unit.tau) == 4
    for _ in range(10):
        model.sharing.advance()
    assert float(unit.tau) == pytest.approx(2.5)
    for _ in range(1000):
        model.sharing.advance()
    assert float(unit.tau) == pytest.approx(1.0)
    assert int(model.state_dict()["sharing.views_parts.0.units.1.updates"]) == 1010


def test_in_training_parents_are_drawn_and_in_evaluation_the_likeliest_is_read():
    model, x = made("ltb"), batch()
    torch.manual_seed(0)
    one, two = model(x)["size"], model(x)["size"]
    assert not torch.equal(one, two)
    torch.manual_seed(0)
    assert torch.equal(model(x)["size"], one)
    part = columns(model)
    with torch.no_grad():
        for unit, parents in zip(part.units, ((2, 0, 0), (1, 2, 1)), strict=True):
            for row, parent in zip(unit.alpha, parents, strict=True):
                row[parent] = 3.0
    model.eval()
    first = [column.stages[0](x["v"]) for column in part.columns]
    second = [column.stages[1](first[parent]) for column, parent in zip(part.columns, (2, 0, 0), strict=True)]
    found = model.sharing(x, TASKS)
    for task, parent in zip(TASKS, (1, 2, 1), strict=True):
        assert torch.equal(found[task].values, second[parent])
    table = shown(model, x)["branch 2"]
    assert table.values[0, 1] == pytest.approx(math.exp(3) / (math.exp(3) + 2))


def test_at_a_low_temperature_nearly_one_parent_is_drawn():
    model, x = made("ltb", {"start": 0.001, "end": 0.001}), batch()
    part = columns(model)
    given = [column.stages[0](x["v"]) for column in part.columns]
    drawn = set()
    for _ in range(30):
        (mixed,) = part.units[0](given, [0])
        away = [(mixed - g).abs().max().item() for g in given]
        assert min(away) < 1e-4
        drawn.add(away.index(min(away)))
    assert drawn == {0, 1, 2}


# ---------------------------------------------------------------- soft sharing


def test_soft_networks_start_equal_and_are_drawn_together():
    model, x = made("soft", {"strength": 0.7}), batch()
    networks = model.sharing.networks
    assert all(torch.equal(a, b) for a, b in zip(networks[0].parameters(), networks[1].parameters(), strict=True))
    with torch.no_grad():
        for p in model.sharing.parameters():
            p.add_(torch.randn_like(p))
    model(x)
    found = torch.autograd.grad(model.sharing.penalty(), list(model.sharing.parameters()))
    pairs = [(0, 1), (0, 2), (1, 2)]
    formula = 0.7 * sum(
        (a - b).square().sum()
        for i, j in pairs
        for a, b in zip(networks[i].parameters(), networks[j].parameters(), strict=True)
    )
    wanted = torch.autograd.grad(formula, list(model.sharing.parameters()))
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_soft_sharing_moves_only_the_tasks_that_are_there():
    model, x = made("soft"), batch()
    with torch.no_grad():
        model.sharing.networks[0].encoders["v"].stages[0][1].weight.add_(1.0)
    model(x, ["size", "mark"])
    model.sharing.penalty().backward()
    moved = [
        any(p.grad is not None and p.grad.any() for p in network.parameters()) for network in model.sharing.networks
    ]
    assert moved == [False, True, True]
    distance = model.inspect(x)["distance"].values
    assert distance[0, 1] == distance[0, 2] > distance[1, 2] == 0


def test_soft_sharing_without_strength_adds_nothing():
    model = made("soft", {"strength": 0.0})
    model(batch())
    assert model.sharing.penalty() is None
