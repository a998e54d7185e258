"""One trunk that tasks use in their own way: MTAN, conditional, partitioned."""

import pytest
import torch
import torch.nn.functional as F

from tests.fusions.examples import TASKS, batch, made
from workbench.component import WorkbenchError, component
from workbench.encoders.base import View
from workbench.encoders.mlp import MLP
from workbench.fusions.model import build_model
from workbench.fusions.partitioned import divided
from workbench.tasks import Regression


def part_of(model):
    (part,) = model.sharing.views_parts
    return part


# ---------------------------------------------------------------- MTAN


def test_mtan_on_vectors():
    model, x = made("mtan"), batch()["v"]
    part = part_of(model)
    p1 = part.trunk.stages[0](x)
    p2 = part.trunk.stages[1](p1)
    found = model.sharing(batch(), TASKS)
    for k, task in enumerate(TASKS):
        first, second = part.masks[k]
        attended = torch.sigmoid(first[2](F.relu(first[0](p1)))) * p1
        carried = F.relu(part.carry[0][0](attended))
        a = torch.sigmoid(second[2](F.relu(second[0](torch.cat([p2, carried], 1)))))
        torch.testing.assert_close(found[task].values, a * p2)
        with torch.no_grad():
            torch.testing.assert_close(model.inspect(batch())["mask"].values[k, 1], a.mean())


def test_mtan_on_maps():
    model, x = made("mtan", encoder="map"), batch("map")["v"]
    part = part_of(model)
    p1 = part.trunk.stages[0](x).movedim(1, -1)
    p2 = part.trunk.stages[1](p1.movedim(-1, 1))
    first, second = part.masks[0]
    attended = first(p1) * p1
    a = second(torch.cat([p2, part.carry[0](attended)], -1))
    torch.testing.assert_close(model.sharing({"v": x}, TASKS)["kind"].values, a * p2)


def test_mtan_brings_maps_to_the_size_of_the_next_stage():
    model, x = made("mtan", encoder="cnn"), batch("cnn")["v"]
    part = part_of(model)
    p1 = part.trunk.stages[0](x)  # 4 channels of 4 x 4
    p2 = part.trunk.stages[1](p1)  # 8 channels of 2 x 2
    p3 = part.trunk.stages[2](p2)
    first, second, third = part.masks[1]
    attended = first(p1.movedim(1, -1)) * p1.movedim(1, -1)
    carried = F.avg_pool2d(part.carry[0](attended).movedim(-1, 1), 2).movedim(1, -1)
    attended = second(torch.cat([p2.movedim(1, -1), carried], -1)) * p2.movedim(1, -1)
    carried = part.carry[1](attended).mean((1, 2))  # a vector follows: pooled
    wanted = third(torch.cat([p3, carried], -1)) * p3
    torch.testing.assert_close(model.sharing({"v": x}, TASKS)["size"].values, wanted)


# ---------------------------------------------------------------- conditional


def test_film_starts_as_hard_sharing():
    for encoder in ("mlp", "cnn", "sequence"):
        film, plain = made("conditional", encoder=encoder), made("shared", encoder=encoder)
        for task, output in film(batch(encoder)).items():
            torch.testing.assert_close(output, plain(batch(encoder))[task])


def test_film_scales_and_shifts_behind_every_stage():
    model, x = made("conditional"), batch()
    part = part_of(model)
    with torch.no_grad():
        for parameter in part.changes.parameters():
            parameter.normal_()
    found = model.sharing(x, TASKS)
    for k, task in enumerate(TASKS):
        h = x["v"]
        for stage, film in zip(part.trunk.stages, part.changes, strict=True):
            h = film.gamma[k] * stage(h) + film.beta[k]
        torch.testing.assert_close(found[task].values, h)
    assert model.inspect(x)["condition"].values.min() > 0.5


def test_hypernetworks_make_weights_from_the_task():
    model, x = made("conditional", {"by": "hypernetwork", "rank": 2, "embedding": 3}), batch()
    part = part_of(model)
    found = model.sharing(x, TASKS)
    for k, task in enumerate(TASKS):
        h, e = x["v"], part.embeddings[k]
        for stage, change in zip(part.trunk.stages, part.changes, strict=True):
            y = stage(h)
            D, U = change.down(e).view(8, 2), change.up(e).view(2, 8)
            h = y + F.relu(y @ D) @ U
        torch.testing.assert_close(found[task].values, h)
    assert not torch.allclose(found["kind"].values, found["size"].values)
    assert model.sharing.own("size") == [part.embeddings[1]]
    assert len(part.embeddings) == 3
    assert 0 < model.inspect(x)["condition"].values.max() < 1


# ---------------------------------------------------------------- partitioned


@pytest.mark.parametrize(("shared", "common"), [(0.0, 0), (0.5, 10), (1.0, 20)])
def test_channels_are_divided(shared, common):
    masks = divided(20, 3, shared)
    owners = masks.sum(0)
    assert int((owners == 3).sum()) == common
    assert int((owners == 1).sum()) == 20 - common
    own = masks[:, owners == 1].sum(1)
    assert own.max() - own.min() <= 1


def test_all_units_in_common_is_hard_sharing():
    plain = made("shared")
    whole = made("partitioned", {"shared": 1.0})
    whole.load_state_dict({**whole.state_dict(), **_renamed(plain.state_dict())})
    for task, output in whole(batch()).items():
        torch.testing.assert_close(output, plain(batch())[task])


def _renamed(state):
    return {key.replace("sharing.network.encoders.v", "sharing.views_parts.0.trunk"): x for key, x in state.items()}


def test_units_of_one_task_move_for_no_other():
    model, x = made("partitioned", {"shared": 0.25}), batch()
    part = part_of(model)
    layer, masks = part.trunk.stages[0][1], part.changes[0].masks
    for k, task in enumerate(TASKS):
        (g,) = torch.autograd.grad(model(x)[task].square().sum(), [layer.bias])
        assert not g[~masks[k]].any()
        assert g[masks[k]].any()
    common = model.inspect(x)["units in common"].values
    assert common[0, 1] == pytest.approx(0.25)


def test_masks_are_state():
    one, other = made("partitioned"), made("partitioned", seed=7)
    assert not torch.equal(part_of(one).changes[0].masks, part_of(other).changes[0].masks)
    other.load_state_dict(one.state_dict())
    assert torch.equal(other(batch())["size"], one(batch())["size"])


def test_too_few_channels_to_divide():
    fusion = component("fusion", "partitioned")(shared=0.0)
    with pytest.raises(WorkbenchError, match=r"stage 1 of view 'v' has 2 channels for 3 tasks and none in common"):
        build_model(MLP(width=2), fusion, [View("v", "vector", (5,))], [Regression(name) for name in "abc"])
