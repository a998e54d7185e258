"""Experts and gates: MMoE, CGC, PLE, DSelect-k."""

import pytest
import torch

from tests.fusions.examples import TASKS, batch, made
from workbench.component import WorkbenchError, component
from workbench.encoders.base import View
from workbench.encoders.mlp import MLP
from workbench.fusions.dselect_k import DSelectGate, smooth_step
from workbench.fusions.model import build_model
from workbench.tasks import Regression


def weights_of(gate, seen):
    return torch.softmax(seen @ gate.linear.weight.T + gate.linear.bias, dim=1)


def apply(part, x):
    """A part with one view on a tensor."""
    (chain,) = part.chains
    for stage in chain:
        x = stage(x, None)
    return x


def blended(weights, outputs):
    return sum(w.unsqueeze(1) * y for w, y in zip(weights.T, outputs, strict=True))


@pytest.mark.parametrize("bottom", [0, 1, 2])
def test_mmoe(bottom):
    model, x = made("mmoe", {"experts": 5, "bottom": bottom}), batch()["v"]
    sharing = model.sharing
    for stage in sharing.bottom.frames[0].stages:
        x = stage(x)
    assert len(sharing.bottom.frames[0].stages) == bottom
    assert [len(expert.chains[0]) for expert in sharing.experts] == [max(2 - bottom, 1)] * 5
    outputs = [apply(expert, x) for expert in sharing.experts]
    found = sharing({"v": batch()["v"]}, TASKS)
    for task, gate in zip(TASKS, sharing.gates, strict=True):
        torch.testing.assert_close(found[task].values, blended(weights_of(gate, x), outputs))
    table = model.inspect(batch())["gate"]
    assert table.rows == TASKS
    assert table.columns == ("expert 1", "expert 2", "expert 3", "expert 4", "expert 5")
    torch.testing.assert_close(table.values.sum(1), torch.ones(3))
    torch.testing.assert_close(table.values[1], weights_of(sharing.gates[1], x).mean(0))


def test_gates_read_pooled_features_and_no_padding():
    model, x = made("mmoe", encoder="sequence"), batch("sequence")
    xs, masks = model.sharing.bottom(x)
    there = (x["v"] != 0).unsqueeze(-1)
    wanted = (xs[0] * there).sum(1) / there.sum(1)
    torch.testing.assert_close(model.sharing.bottom.seen(0, xs, masks), wanted)


def test_without_a_bottom_texts_are_refused():
    with pytest.raises(WorkbenchError, match="bottom = 0 would let the gates read the numbers of words"):
        made("mmoe", {"bottom": 0}, "sequence")


def test_cgc():
    model, x = made("cgc", {"shared": 2, "own": 2}), batch()
    sharing = model.sharing
    (level,) = sharing.levels
    assert level.shared_gate is None
    h = sharing.bottom.frames[0].stages[0](x["v"])
    common = [apply(expert, h) for expert in level.shared]
    found = sharing(x, TASKS)
    for k, task in enumerate(TASKS):
        outputs = [*common, *(apply(expert, h) for expert in level.own[k])]
        torch.testing.assert_close(found[task].values, blended(weights_of(level.gates[k], h), outputs))
    table = model.inspect(x)["gate"]
    assert table.columns[:4] == ("shared 1", "shared 2", "kind 1", "kind 2")
    nobody_elses = torch.isnan(table.values[0])
    assert nobody_elses.tolist() == [False] * 4 + [True] * 4
    torch.testing.assert_close(table.values.nansum(1), torch.ones(3))


def test_ple_of_two_levels():
    model, x = made("ple", {"shared": 2, "own": 1, "levels": 2}), batch()
    sharing = model.sharing
    first, second = sharing.levels
    h = sharing.bottom.frames[0].stages[0](x["v"])
    common = [apply(expert, h) for expert in first.shared]
    mine = [apply(experts[0], h) for experts in first.own]
    middle = [blended(weights_of(gate, h), [*common, y]) for gate, y in zip(first.gates, mine, strict=True)]
    shared = blended(weights_of(first.shared_gate, h), [*common, *mine])  # sees the experts of all tasks
    common = [apply(expert, shared) for expert in second.shared]
    found = sharing(x, TASKS)
    for k, task in enumerate(TASKS):
        outputs = [*common, apply(second.own[k][0], middle[k])]
        torch.testing.assert_close(found[task].values, blended(weights_of(second.gates[k], middle[k]), outputs))
    tables = model.inspect(x)
    assert list(tables) == ["gate of level 1", "gate of level 2"]
    assert tables["gate of level 1"].rows == (*TASKS, "shared")
    assert not tables["gate of level 1"].values[-1].isnan().any()
    assert tables["gate of level 2"].rows == TASKS


def test_one_level_of_ple_is_cgc():
    ple, cgc = made("ple", {"levels": 1, "shared": 2}), made("cgc", {"shared": 2})
    assert all(torch.equal(a, b) for a, b in zip(ple.parameters(), cgc.parameters(), strict=True))
    assert torch.equal(ple(batch())["size"], cgc(batch())["size"])


def test_stages_are_cut_into_levels():
    model = made("ple", {"levels": 2}, "cnn")  # three stages: one in common, one for each level
    assert [len(level.shared[0].chains[0]) for level in model.sharing.levels] == [1, 1]
    model = made("ple", {"levels": 3}, "cnn")  # none is left for the third: a layer
    last = model.sharing.levels[2].shared[0].chains[0][0]
    assert [type(layer).__name__ for layer in last.module] == ["Linear", "ReLU"]


# ---------------------------------------------------------------- DSelect-k


@pytest.mark.parametrize("gamma", [0.5, 1.0, 4.0])
def test_smooth_step(gamma):
    t = torch.tensor([-9.0, -gamma / 2, -gamma / 4, 0, gamma / 4, gamma / 2, 9.0], dtype=torch.float64)
    wanted = torch.tensor([0, 0, 0.15625, 0.5, 0.84375, 1, 1], dtype=torch.float64)  # 1/2 ∓ 3/8 ± 1/32 at ∓γ/4
    torch.testing.assert_close(smooth_step(t, gamma), wanted)
    slope = torch.tensor([-gamma / 2, 0.0, gamma / 2], dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(smooth_step(slope, gamma).sum(), slope)
    torch.testing.assert_close(found, torch.tensor([0, 1.5 / gamma, 0], dtype=torch.float64))


def gate_at(z, w, experts, gamma=1.0, entropy=0.0):
    gate = DSelectGate(1, experts, len(z), gamma, entropy, "task")
    with torch.no_grad():
        gate.z.copy_(torch.tensor(z))
        gate.w.copy_(torch.tensor(w))
    return gate


def test_codes_are_binary_digits():
    gate = gate_at([[0.2, -0.1, 0.4]], [0.0], 8)
    s = [float(smooth_step(torch.tensor(t), 1.0)) for t in (0.2, -0.1, 0.4)]
    wanted = [
        (s[0] if e & 4 else 1 - s[0]) * (s[1] if e & 2 else 1 - s[1]) * (s[2] if e & 1 else 1 - s[2]) for e in range(8)
    ]
    torch.testing.assert_close(gate(None), torch.tensor(wanted))


@pytest.mark.parametrize("gamma", [0.2, 1.0, 5.0])
def test_at_the_end_of_the_range_exactly_k_experts_are_left(gamma):
    end = gamma / 2
    gate = gate_at([[end, -end], [-end, end]], [1.0, 0.0], 4, gamma)
    share = torch.softmax(torch.tensor([1.0, 0.0]), 0)
    torch.testing.assert_close(gate(None), torch.tensor([0.0, share[1], share[0], 0.0]))
    inside = gate_at([[end * 0.9, -end], [-end, end]], [1.0, 0.0], 4, gamma)  # gamma counts: not there yet
    assert int((inside(None) > 0).sum()) == 3


def test_all_experts_count_alike_at_the_start():
    model = made("dselect_k", {"experts": 8, "k": 3})
    for gate in model.sharing.gates:
        assert gate.z.shape == (3, 3)
        assert gate.z.abs().max() <= 0.01
        assert gate.w.abs().max() <= 0.05
        torch.testing.assert_close(gate(None), torch.full((8,), 1 / 8), rtol=0.1, atol=0)


@pytest.mark.parametrize(("experts", "entropy"), [(4, 0.3), (5, 0.0), (6, 0.2)])
def test_dselect_penalty(experts, entropy):
    model, x = made("dselect_k", {"experts": experts, "entropy": entropy, "gamma": 2.0}), batch()
    model(x, ["size", "mark"])
    wanted = torch.zeros(())
    for gate in model.sharing.gates[1:]:
        r, _ = gate.selectors(None)
        wanted = wanted - entropy * (r * r.log()).sum()
        if experts != 4:
            wanted = wanted + (1 / r.sum(1)).sum()
    torch.testing.assert_close(model.sharing.penalty(), wanted, rtol=1e-4, atol=1e-4)
    assert model.sharing.penalty() is None


def test_dselect_without_need_adds_nothing():
    model = made("dselect_k", {"entropy": 0.0})
    model(batch())
    assert model.sharing.penalty() is None


def test_entropy_brings_the_gates_to_few_experts():
    def steps(entropy):
        torch.manual_seed(0)
        gate = DSelectGate(1, 8, 2, 1.0, entropy, "task")
        optimizer = torch.optim.Adam(gate.parameters(), lr=0.05)
        for _ in range(80):
            gate(None)
            optimizer.zero_grad()
            gate.cost.backward()
            optimizer.step()
        return int((gate(None) > 1e-3).sum())

    assert steps(1.0) <= 2


def test_by_example_the_gate_depends_on_the_input():
    gate = made("dselect_k", {"by": "example"}).sharing.gates[0]
    with torch.no_grad():
        gate.of_x.weight.normal_()
    weights = gate(torch.randn(6, 8))
    assert weights.shape == (6, 4)
    assert weights.std(0).min() > 0.01
    torch.testing.assert_close(weights.sum(1), torch.ones(6))


def test_no_more_experts_than_there_are():
    with pytest.raises(WorkbenchError, match="k = 5 experts per task, but there are only 4; at most 4"):
        component("fusion", "dselect_k")(k=5)


def test_views_are_cut_alike():
    views = [View("a", "vector", (3,)), View("b", "vector", (4,))]
    model = build_model(MLP(width=8), component("fusion", "mmoe")(bottom=0), views, [Regression("y"), Regression("z")])
    gate = model.sharing.gates[0]
    assert gate.linear.in_features == 7
    assert model.sharing.features == {"y": 16, "z": 16}
