"""Aggregators of single coordinates: their rules written out, absent tasks, scales, a toy."""

import math

import pytest
import torch

import workbench as wb
from workbench import toys
from workbench.weightings import get

NAMES = ["a", "b", "c"]
#: with a row of memory per task
TRACKING = ["moco", "db_mtl_ema", "excess_mtl"]


def bound(name, K=3, **settings):
    weighting = get(name, **settings)
    weighting.bind(NAMES[:K])
    return weighting


def steps(count, K=3, P=7, seed=0):
    """Gradients ``[count, K, P]`` and losses ``[count, K]``."""
    generator = torch.Generator().manual_seed(seed)
    J = torch.randn(count, K, P, generator=generator, dtype=torch.float64)
    return J, torch.rand(count, K, generator=generator, dtype=torch.float64) + 0.1


# ---------------------------------------------------------------- the rules, written out


def test_trimmed_mean_by_hand():
    J = torch.tensor([[1.0, -9.0], [2.0, 0.0], [3.0, 1.0], [40.0, 2.0]])
    assert get("trimmed_mean", trim=0)(J).tolist() == [11.5, -1.5]
    assert get("trimmed_mean", trim=1)(J).tolist() == [2.5, 0.5]
    assert get("trimmed_mean", trim=7)(J).tolist() == [2.5, 0.5]  # of four, the middle two
    assert get("trimmed_mean", trim=7)(J[:3]).tolist() == J[:3].median(0).values.tolist()
    assert get("trimmed_mean", trim=1)(J[:2]).tolist() == J[:2].mean(0).tolist()


@pytest.mark.parametrize("settings", [{}, {"beta": 0.9, "gamma": 2.0, "rho": 0.3}, {"scale": "none"}], ids=str)
def test_moco_follows_its_rule(settings):
    weighting = bound("moco", **settings)
    beta, gamma, rho = weighting.beta, weighting.gamma, weighting.rho
    Y, lam = torch.zeros(3, 7, dtype=torch.float64), torch.full((3,), 1 / 3, dtype=torch.float64)
    for t, (J, L) in enumerate(zip(*steps(6), strict=True), start=1):
        g = J / J.norm(dim=1, keepdim=True) * L[:, None] if weighting.scale == "loss" else J
        Y = Y - beta / t**0.5 * (Y - g)
        lam = torch.softmax(lam - gamma / t**0.5 * ((Y @ Y.T + rho * torch.eye(3)) @ lam), 0)
        assert torch.allclose(weighting(J, losses=L), lam @ Y)
    assert torch.allclose(weighting.weights / 3, lam)


def test_moco_by_hand():
    # ĝ = (1, 0), (0, 2); y is half of them; λ ∝ exp(½ − 0.05·¼), exp(½ − 0.05·1)
    d = get("moco")(torch.diag(torch.tensor([3.0, 4.0])), losses=torch.tensor([1.0, 2.0]))
    first = 1 / (1 + math.exp(-0.0375))
    assert d.tolist() == pytest.approx([first / 2, 1 - first])


@pytest.mark.parametrize(("beta", "decay"), [(0.9, 0.0), (0.5, 0.5), (0.0, 0.0)])
def test_db_mtl_ema_follows_its_rule(beta, decay):
    weighting, Y = bound("db_mtl_ema", beta=beta, decay=decay), torch.zeros(3, 7, dtype=torch.float64)
    for t, (J, L) in enumerate(zip(*steps(6), strict=True), start=1):
        g = J / L[:, None]
        Y = g + beta / t**decay * (Y - g)
        n = Y.norm(dim=1)
        assert torch.allclose(weighting(J, losses=L), n.max() * (Y / n[:, None]).sum(0))
        if beta == 0:
            assert torch.allclose(weighting(J, losses=L), get("db_mtl")(J @ J.T, losses=L) @ J)


@pytest.mark.parametrize("name", ["db_mtl", "db_mtl_ema"])
def test_db_mtl_treats_heads_by_the_log_loss(name):
    w, L = torch.tensor([2.0, 3.0]), torch.tensor([0.5, 0.0])
    assert get(name).head_weights(w, L).tolist() == [2, 0]
    assert get(name, heads="own").head_weights(w, L).tolist() == [1, 1]
    assert get(name, heads="weighted").head_weights(w, L).tolist() == [2, 3]


@pytest.mark.parametrize("warmup", [1, 3])
def test_excess_mtl_follows_its_rule(warmup):
    weighting = bound("excess_mtl", eta=0.3, warmup=warmup)
    H, w, seen = torch.zeros(3, 7, dtype=torch.float64), torch.ones(3, dtype=torch.float64), []
    for J, L in zip(*steps(8), strict=True):
        H = H + J**2
        e = (J**2 / H.sqrt()).sum(1)
        if len(seen) < warmup:
            seen.append(e)
        else:
            w = w * (0.3 * e / torch.stack(seen).mean(0)).exp()
            w = 3 * w / w.sum()
        assert torch.allclose(weighting(J, losses=L), w @ J)
        assert torch.allclose(weighting.head_weights(torch.zeros(3, dtype=torch.float64), L), w)
    assert not torch.allclose(w, torch.ones(3, dtype=torch.float64), atol=0.05)


def test_excess_mtl_waits_for_the_first_gradient_of_a_task():
    weighting, (J, L) = bound("excess_mtl", eta=1.0), steps(3)
    silent = J[0] * torch.tensor([[0.0], [1.0], [1.0]], dtype=torch.float64)
    weighting(silent, losses=L[0])
    weighting(J[0], losses=L[0])
    assert weighting.count.tolist() == [1, 2, 2]
    assert weighting.first[0].item() == pytest.approx(J[0, 0].abs().sum().item())


# ---------------------------------------------------------------- memory, scales


@pytest.mark.parametrize("name", TRACKING)
def test_a_task_alone_among_absent_ones_remembers_as_if_it_were_alone(name):
    weighting, alone = bound(name), bound(name, 1)
    for J, L in zip(*steps(5), strict=True):
        d = weighting(J[1:2], losses=L[1:2], tasks=[1])
        assert torch.allclose(d, alone(J[1:2], losses=L[1:2]))
    for key, value in weighting.state_dict().items():
        start = 1 if (name, key) == ("moco", "weights") else 0
        assert value[0].eq(start).all(), key
        assert value[2].eq(start).all(), key
    assert not weighting.rows[1].eq(0).all()


@pytest.mark.parametrize("name", TRACKING)
def test_rows_are_kept_by_task(name):
    weighting, (J, L) = bound(name), steps(4)
    for step in range(2):
        weighting(J[step], losses=L[step])
    before = weighting.state_dict()
    weighting(J[2, [2, 0]], losses=L[2, [2, 0]], tasks=[2, 0])
    turned = bound(name)
    turned.load_state_dict(before)
    turned(J[2, [0, 2]], losses=L[2, [0, 2]], tasks=[0, 2])
    for key, value in weighting.state_dict().items():
        assert torch.allclose(value, turned.state_dict()[key]), key
        assert torch.equal(value[1], before[key][1]), key
        assert not torch.equal(value[0], before[key][0]) or key == "first", key


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", ["trimmed_mean", *TRACKING])
def test_finite_at_every_scale(name, dtype):
    generator = torch.Generator().manual_seed(0)
    for low, high in ((-35, -25), (-20, 20), (15, 30)):
        weighting = bound(name)
        for _ in range(20):
            scale = 10 ** torch.empty(3, 1, dtype=torch.float64).uniform_(low, high, generator=generator)
            J = (torch.randn(3, 9, dtype=torch.float64, generator=generator) * scale).to(dtype)
            L = 10 ** torch.empty(3, dtype=torch.float64).uniform_(-10, 10, generator=generator)
            assert torch.isfinite(weighting(J, losses=L.to(dtype))).all()
        for J in (torch.zeros(3, 9), torch.ones(3, 9), torch.tensor([[1.0], [-1.0], [0.0]]).expand(3, 9)):
            assert torch.isfinite(weighting(J.to(dtype), losses=torch.zeros(3, dtype=dtype))).all()


def test_scale_of_the_losses():
    (J, L), factor = steps(5), torch.tensor([1e-6, 1.0, 1e9], dtype=torch.float64)
    for name in ("db_mtl_ema", "excess_mtl", "moco"):
        plain, scaled = bound(name), bound(name)
        for j, l in zip(J, L, strict=True):
            one = plain(j, losses=l)
            if name == "db_mtl_ema":  # each loss on its own scale: nothing changes
                assert torch.allclose(scaled(j * factor[:, None], losses=l * factor), one)
            elif name == "excess_mtl":  # the weights stay, whatever the scale
                scaled(j * factor[:, None], losses=l)
                assert torch.allclose(scaled.weights, plain.weights)
            else:  # gradients are brought to the length of the losses
                assert torch.allclose(scaled(j * factor[:, None], losses=l), one)


@pytest.mark.parametrize("name", ["moco", "db_mtl_ema"])
def test_losses_are_asked_for(name):
    with pytest.raises(wb.WorkbenchError, match="needs losses="):
        get(name)(torch.eye(2))


# ---------------------------------------------------------------- two quadratics with a known Pareto set


@pytest.mark.parametrize("name", ["trimmed_mean", *TRACKING])
@pytest.mark.parametrize("start", [0, 1, 2])
def test_reaches_the_pareto_set_of_two_quadratics(name, start):
    toy = toys.get("two_quadratics")
    x, weighting = toy.starts[start].clone(), bound(name, 2)
    for step in range(1000):
        losses, J = toy.jacobian(x)
        rate = 0.05 * min(1.0, 0.98 ** (step - 500))  # updates of fixed length need a falling rate
        x = x - rate * weighting(J, losses=losses)
    assert (toy.pareto_set(2001) - x).norm(dim=1).min() < 2e-3


def test_adatask_where_nothing_is_shared():
    assert get("adatask")(torch.zeros(3, 0)).shape == (0,)
