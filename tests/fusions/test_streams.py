"""Fusions over streams: early, late, ensemble, attention, gated."""

import pytest
import torch
import torch.nn.functional as F

from tests.fusions.examples import BATCH, TASKS, Reader, batch, made, shown
from workbench.component import component
from workbench.encoders.base import View
from workbench.encoders.cnn import CNN
from workbench.encoders.mlp import MLP
from workbench.features import Features, side_by_side
from workbench.fusions.early import joint_layer
from workbench.fusions.ensemble import counts
from workbench.fusions.model import build_model
from workbench.fusions.several import Several
from workbench.tasks import Regression


def test_streams_are_views_or_stems():
    for fusion in ("early", "late", "attention", "gated"):
        one, three = made(fusion), made(fusion, views=3)
        streams = {"early": "sources", "late": "sources"}.get(fusion)
        found = [getattr(m.sharing, streams) if streams else m.sharing.streams.names for m in (one, three)]
        assert len(found[0]) == 3, fusion  # a stem for each of the three tasks
        assert list(found[1]) == ["v", "beside", "beyond"], fusion


# ---------------------------------------------------------------- early


def test_early_joins_low_level_features():
    model, x = made("early"), batch()
    sharing = model.sharing
    low = torch.cat([stem.stages[0](x["v"]) for stem in sharing.stems], dim=1)
    joint = sharing.joint[0]
    h = F.relu(low @ joint.weight.T + joint.bias)
    torch.testing.assert_close(sharing(x, TASKS)["kind"].values, sharing.trunk[0](h))


@pytest.mark.parametrize(("encoder", "lead"), [(CNN(channels=4, blocks=1), 1), (Reader(), 2), (MLP(width=8), 0)])
def test_the_stream_that_keeps_its_positions_leads(encoder, lead):
    """To the end, as words do in a sequence; or longer, as pixels in a CNN; else the first."""
    views = [View("columns", "vector", (5,)), View("picture", "image", (1, 8, 8)), View("words", "text", (7,))]
    views = views[: 3 if isinstance(encoder, Reader) else 2]
    model = build_model(encoder, component("fusion", "early")(), views, [Regression("a"), Regression("b")])
    assert model.sharing.lead == lead


def test_early_with_a_map_keeps_where_things_are():
    model, x = made("early", encoder="map", views=3).eval(), batch("map", 3)
    before = model(x)["mark"]
    x["v"][:, :, :2, :2] += 3.0  # one corner
    moved = (model(x)["mark"] - before).abs().amax((0, 3))
    assert moved[0, 0] > 0
    assert moved[3, 3] == 0


def test_early_leaves_streams_out_in_training():
    model, x = made("early", {"dropout": 0.5}), batch()
    torch.manual_seed(0)
    assert not torch.equal(model(x)["size"], model(x)["size"])
    model.eval()
    assert torch.equal(model(x)["size"], model(x)["size"])


# ---------------------------------------------------------------- late


def test_late_averages_probabilities_with_learned_weights():
    model, x = made("late", views=3), batch(views=3)
    sharing = model.sharing
    with torch.no_grad():
        for row in sharing.logits:
            row.normal_()
    streams = [trunk(x[view]).values for view, trunk in zip(sharing.sources, sharing.trunks, strict=True)]
    out = model(x)
    for k, task in enumerate(TASKS):
        w = torch.softmax(sharing.logits[k], 0)
        given = [head(z) for head, z in zip(model.heads[k], streams, strict=True)]
        if task == "size":
            wanted = sum(a * y for a, y in zip(w, given, strict=True))
            torch.testing.assert_close(out[task], wanted)
        else:
            wanted = sum(a * torch.softmax(y, 1) for a, y in zip(w, given, strict=True))
            torch.testing.assert_close(out[task].exp(), wanted)
            torch.testing.assert_close(out[task].exp().sum(1), torch.ones(BATCH))
    table = model.inspect(x)["weight"]
    assert (table.rows, table.columns) == (TASKS, ("v", "beside", "beyond"))
    torch.testing.assert_close(table.values.sum(1), torch.ones(3))


def test_late_starts_with_even_weights():
    assert made("late").sharing.shares("size").tolist() == pytest.approx([1 / 3] * 3)


def test_a_stream_without_positions_says_the_same_at_each():
    model, x = made("late", encoder="sequence", views=3).eval(), batch("sequence", 3)
    _, beside, _ = model.sharing(x, ["mark"])["mark"]
    assert beside.values.shape == (BATCH, 7, model.sharing.features["mark"][1])
    assert torch.equal(beside.values[:, 0], beside.values[:, 5])
    torch.testing.assert_close(beside.pooled, beside.values[:, 0])


# ---------------------------------------------------------------- ensemble


def test_members_are_trained_apart_and_averaged():
    model, x = made("ensemble", {"members": 4}), batch()
    out = model(x)["kind"]
    assert isinstance(out, Several)
    assert len(out.parts) == 4
    assert not torch.allclose(out.parts[0], out.parts[1])  # an initialisation each
    target = torch.arange(BATCH) % 3
    wanted = sum(F.cross_entropy(part, target) for part in out.parts) / 4
    rows = torch.arange(BATCH)
    torch.testing.assert_close(out.loss(lambda y, w: F.cross_entropy(y, target), rows, None), wanted)
    parts = [torch.softmax(part, 1) for part in out.parts]
    torch.testing.assert_close(model.eval()(x)["kind"].exp(), sum(parts) / 4)
    spread = model.inspect(x)["spread of predictions"]
    mean = sum(parts) / 4
    torch.testing.assert_close(spread.values[0], torch.stack([(p - mean).square().mean().sqrt() for p in parts]))
    assert spread.columns == ("member 1", "member 2", "member 3", "member 4")


def test_the_bootstrap_is_a_resampling_that_stays():
    model = made("ensemble", {"bootstrap": True, "members": 3})
    rows = torch.arange(40_000)
    found = model.sharing.resample(rows)
    assert torch.equal(found[:, 100:200], model.sharing.resample(rows[100:200]))
    share = torch.stack([(found == n).float().mean(1) for n in range(4)])
    poisson = torch.tensor([0.3679, 0.3679, 0.1839, 0.0613]).unsqueeze(1).expand(4, 3)
    torch.testing.assert_close(share, poisson, rtol=0.05, atol=0.003)
    assert torch.corrcoef(found).triu(1).abs().max() < 0.03
    other = made("ensemble", {"bootstrap": True, "members": 3}, seed=5).sharing.resample(rows[:100])
    assert not torch.equal(other, found[:, :100])
    assert made("ensemble").sharing.resample(rows) is None


def test_a_bootstrapped_loss_counts_rows_as_often_as_they_were_drawn():
    model, x = made("ensemble", {"bootstrap": True, "members": 2}), batch()
    out, target, rows = model(x)["kind"], torch.arange(BATCH) % 3, torch.arange(BATCH) * 7
    task = model.known["kind"]
    found = out.loss(lambda y, w: task.loss(y, target, w), rows, None)
    parts = []
    for part, n in zip(out.parts, counts(rows, model.sharing.salt), strict=True):
        repeated = torch.arange(BATCH).repeat_interleave(n.long())
        parts.append(F.cross_entropy(part[repeated], target[repeated]))
    torch.testing.assert_close(found, sum(parts) / 2)


# ---------------------------------------------------------------- attention


def test_attention_of_one_head_by_hand():
    model, x = made("attention", {"heads": 1}, views=3), batch(views=3)
    sharing = model.sharing
    attend, d = sharing.attend, sharing.features["kind"]
    streams = sharing.streams(x)
    pairs = zip(sharing.to_tokens, streams, sharing.marks, strict=True)
    T = torch.stack([layer(z.values) + mark for layer, z, mark in pairs], dim=1)
    Wq, Wk, Wv = attend.attention.in_proj_weight.chunk(3)
    bq, bk, bv = attend.attention.in_proj_bias.chunk(3)
    found, table = sharing(x, TASKS), model.eval().inspect(x)["attention"]
    for k, task in enumerate(TASKS):
        q = sharing.queries[k]
        scores = ((T @ Wk.T + bk) @ (Wq @ q + bq)) / d**0.5
        a = torch.softmax(scores, dim=1)
        read = attend.attention.out_proj((a.unsqueeze(2) * (T @ Wv.T + bv)).sum(1))
        torch.testing.assert_close(found[task].values, F.layer_norm(q + read, (d,)), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(table.values[k], a.mean(0), rtol=1e-4, atol=1e-5)
    assert table.columns == ("v", "beside", "beyond")


def test_attention_tables_say_where_in_a_stream():
    model, x = made("attention", encoder="sequence").eval(), batch("sequence")
    tables = model.inspect(x)
    assert list(tables) == ["attention", *(f"attention within stem {n}" for n in (1, 2, 3))]
    torch.testing.assert_close(tables["attention"].values.sum(1), torch.ones(3))
    within = tables["attention within stem 2"]
    assert within.columns == tuple("1234567")
    torch.testing.assert_close(within.values.sum(1), tables["attention"].values[:, 1])
    image = made("attention", encoder="map").eval().inspect(batch("map"))["attention within stem 1"]
    assert image.columns[:5] == ("1,1", "1,2", "1,3", "1,4", "2,1")


def test_attention_within_a_picture():
    model, x = made("attention", {"stages": 2}, "cnn"), batch("cnn")
    table = shown(model, x)["attention within stem 2"]
    assert table.columns == ("1,1", "1,2", "2,1", "2,2")
    assert table.rows == TASKS
    last = made("attention", {"stages": 3}, "cnn")
    assert list(shown(last, x)) == ["attention"]


def test_words_behind_the_end_are_not_attended_to():
    model, x = made("attention", encoder="sequence").eval(), batch("sequence")
    short = {"v": x["v"][:1]}  # two words
    within = model.inspect(short)["attention within stem 1"].values
    assert bool((within[:, 2:] == 0).all())
    assert bool((within[:, :2] > 0).all())


def test_attention_at_positions_adds_what_was_attended_to():
    model, x = made("attention", encoder="sequence").eval(), batch("sequence")
    one, other = model.sharing(x, ["mark", "kind"]).values()
    difference = one.values - other.values
    torch.testing.assert_close(difference, (one.pooled - other.pooled).unsqueeze(1).expand_as(difference))


def test_entropy_penalty():
    model, x = made("attention", {"entropy": 0.25}, views=3), batch(views=3)
    model(x)
    penalty = model.sharing.penalty()
    tokens, _, weights = model.eval().sharing._attended(x, TASKS)
    assert len(tokens) == 3
    wanted = -0.25 * (weights * weights.log()).sum(2).mean()
    torch.testing.assert_close(penalty, wanted)
    assert model.sharing.penalty() is None
    plain = made("attention")
    plain(batch())
    assert plain.sharing.penalty() is None


# ---------------------------------------------------------------- gated


def test_two_streams_are_gated_by_a_sigmoid():
    model, x = made("gated", tasks=["kind", "size"]), batch()
    sharing = model.sharing
    F1, F2 = (features.values for features in sharing.streams(x))
    h1, h2 = (torch.tanh(layer(f)) for layer, f in zip(sharing.candidates, (F1, F2), strict=True))
    found = sharing(x, ["kind", "size"])
    for task, gate in zip(("kind", "size"), sharing.gates, strict=True):
        first, second = gate(torch.cat([F1, F2], 1)).chunk(2, dim=1)
        z = torch.sigmoid(first - second)
        torch.testing.assert_close(found[task].values, z * h1 + (1 - z) * h2)
    table = model.inspect(x)["gate"]
    torch.testing.assert_close(table.values.sum(1), torch.ones(2))


# ---------------------------------------------------------------- side by side


def test_parts_meet_at_the_positions_of_the_leading_one():
    words = Features(torch.randn(2, 5, 3), torch.tensor([[True] * 5, [True, True, False, False, False]]))
    pixels, vector = Features(torch.randn(2, 4, 4, 6)), Features(torch.randn(2, 7))
    both = side_by_side([vector, words])
    assert both.values.shape == (2, 5, 10)
    assert both.mask is words.mask
    torch.testing.assert_close(both.pooled, torch.cat([vector.pooled, words.pooled], 1))
    three = side_by_side([words, pixels, vector])
    assert three.values.shape == (2, 4, 4, 16)
    assert three.mask is None
    torch.testing.assert_close(three.pooled, torch.cat([words.pooled, pixels.pooled, vector.pooled], 1))
    assert torch.equal(three.values[..., 3:9], pixels.values)


def test_passes_of_stems_go_through_the_common_stages_as_each_alone():
    model, x = made("gated", encoder="cnn"), batch("cnn")
    streams = model.sharing.streams
    found = streams(x)
    for encoder, features in zip(streams.encoders, found, strict=True):
        h = encoder.stages[0](x["v"])
        for stage in streams.common:
            h = stage(h)
        torch.testing.assert_close(features.values, h)


def test_no_stream_drowns_the_others_at_the_start():
    """However wide a stream is, its part of the joint layer gives numbers of the same size."""
    torch.manual_seed(0)
    linear, _ = joint_layer([8, 400, 100], 64)
    parts = zip(linear.weight.split([8, 400, 100], dim=1), (8, 400, 100), strict=True)
    sizes = [(torch.randn(500, n) @ part.T).std().item() for part, n in parts]
    assert max(sizes) / min(sizes) < 1.2
