"""Gramian weightings: closed forms, equivalences, guarantees on hurtful input, and the quadratic toy."""

import math
from functools import cache

import numpy as np
import pytest
import torch

from workbench.component import members
from workbench.weightings import get
from workbench.weightings.solvers.cone import shortest_on_simplex

GRAMIAN = [name for name, cls in members("weighting").items() if cls.needs == "gramian"]
#: name -> settings under which a method is compared with others: no clipping, no rescaling
PLAIN = {"nash_mtl": {"max_norm": None}, "cagrad": {"rescale": "none"}}
#: no task is hurt, whatever the rank and scale
NEVER_HURTS = ["mgda", "nash_mtl", "fairgrad", "upgrad", "dualproj"]


def gramian(seed, K, P=8, dtype=torch.float64):
    J = torch.randn(K, P, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (J @ J.T).to(dtype)


def weights(name, G, losses=None, **settings):
    losses = torch.ones(G.shape[:-1], dtype=G.dtype) if losses is None else losses
    return get(name, **{**PLAIN.get(name, {}), **settings})(G, losses=losses)


def cosine(G, v, w):
    return (v @ G @ w / ((v @ G @ v) * (w @ G @ w)).sqrt()).item()


# ---------------------------------------------------------------- closed forms and equivalences


@pytest.mark.parametrize("seed", range(20))
def test_two_tasks_bisector(seed):
    G = gramian(seed, 2)
    bisector = 1 / G.diagonal().sqrt()
    for name in ["imtl_g", "nash_mtl", "config"]:
        assert cosine(G, weights(name, G), bisector) == pytest.approx(1, abs=1e-12), name
    assert cosine(G, weights("mgda", G, normalisation="l2"), bisector) == pytest.approx(1, abs=1e-12)
    assert torch.allclose(weights("imtl_g", G), bisector / bisector.sum())


@pytest.mark.parametrize("seed", range(20))
def test_two_tasks_pcgrad_is_twice_upgrad(seed):
    G = gramian(seed, 2)
    assert torch.allclose(weights("pcgrad", G), 2 * weights("upgrad", G), rtol=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_two_tasks_dualproj(seed):
    G = gramian(seed, 2, P=3)
    wanted = torch.full((2,), 0.5, dtype=torch.float64)
    for i, j in ((0, 1), (1, 0)):
        if (G.sum(1) < 0)[j]:
            wanted[j] = -G[0, 1] / G[j, j] * wanted[i]
    assert torch.allclose(weights("dualproj", G), wanted)


@pytest.mark.parametrize("name", GRAMIAN)
@pytest.mark.parametrize("angle", [0.3, 1.5, 2.5, 3.0])
def test_two_equal_norms_give_the_mean_direction(name, angle):
    c = math.cos(angle)
    G = 4.0 * torch.tensor([[1.0, c], [c, 1.0]], dtype=torch.float64)
    assert cosine(G, weights(name, G), torch.ones(2, dtype=torch.float64)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("K", [2, 3, 5, 8])
@pytest.mark.parametrize("seed", range(25))
def test_config_is_imtl_g_with_the_sign_put_right(K, seed):
    G = gramian(seed, K, P=K + 3)
    imtl, config = weights("imtl_g", G), weights("config", G)
    assert abs(cosine(G, imtl, config)) == pytest.approx(1, abs=1e-10)
    gains = G @ config / G.diagonal().sqrt()
    assert gains.min() > 0
    assert torch.allclose(gains, gains.mean())
    assert torch.allclose(config @ G @ config, (G @ config).sum())  # the length is the sum of projections on its unit


def test_imtl_g_can_point_uphill_for_all_of_three_tasks():
    draws = torch.stack([gramian(seed, 3, P=4) for seed in range(400)])
    uphill = ((draws @ weights("imtl_g", draws)[..., None])[..., 0] < 0).all(1)
    assert 0.005 < uphill.double().mean() < 0.1
    pairs = torch.stack([gramian(seed, 2) for seed in range(400)])
    assert ((pairs @ weights("imtl_g", pairs)[..., None])[..., 0] > 0).all()


@pytest.mark.parametrize("K", [2, 3, 8, 32])
@pytest.mark.parametrize("seed", range(10))
def test_nash_bargain(K, seed):
    G = gramian(seed, K, P=K + 2)
    alpha = weights("nash_mtl", G)
    assert torch.allclose(G @ alpha, 1 / alpha, rtol=1e-8)
    assert (alpha @ G @ alpha).item() == pytest.approx(K, rel=1e-8)
    clipped = get("nash_mtl")(G)
    assert torch.allclose(clipped, alpha / math.sqrt(K))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("seed", range(10))
def test_fairgrad_solves_its_equation(alpha, seed):
    G = gramian(seed, 5) * torch.tensor([1e-4, 1, 1e3, 1, 1]).double().outer(
        torch.tensor([1e-4, 1, 1e3, 1, 1]).double()
    )
    w = weights("fairgrad", G, alpha=alpha)
    assert torch.allclose(G @ w, w ** (-1 / alpha), rtol=1e-7)


def test_fairgrad_one_is_nash():
    G = gramian(7, 6)
    assert torch.allclose(weights("fairgrad", G, alpha=1.0), weights("nash_mtl", G))


@pytest.mark.parametrize("seed", range(10))
def test_aligned_makes_components_equal(seed):
    G = gramian(seed, 4)
    values, vectors = torch.linalg.eigh(G)
    for scale, common in {"min": values[0], "median": values[1], "rmse": values.mean()}.items():
        wanted = common.sqrt() * vectors @ (vectors.sum(0) / values.sqrt()) / 4
        assert torch.allclose(weights("aligned_mtl", G, scale=scale), wanted), scale


@pytest.mark.parametrize("seed", range(10))
def test_upgrad_is_the_mean_of_projections(seed):
    from scipy.optimize import minimize

    G = gramian(seed, 4, P=5).numpy()
    total = np.zeros(4)
    for unit in np.eye(4):
        found = minimize(
            lambda v: v @ G @ v, unit, jac=lambda v: 2 * G @ v, bounds=[(u, None) for u in unit], tol=1e-15
        )
        total += found.x
    assert np.allclose(weights("upgrad", torch.from_numpy(G)), total / 4, atol=1e-4)


@pytest.mark.parametrize("K", [3, 8])
@pytest.mark.parametrize("seed", range(5))
def test_mgda_solvers_agree_on_well_scaled_gradients(K, seed):
    G = gramian(seed, K, P=K + 4)
    exact = weights("mgda", G)
    for solver, tolerance in {"smo": 1e-9, "frank_wolfe": 1e-2}.items():
        w = weights("mgda", G, solver=solver)
        excess = w @ G @ w - exact @ G @ exact
        assert -1e-12 * G.trace() <= excess <= tolerance * G.trace(), solver


@pytest.mark.parametrize("ball", ["simplex", "l1"])
@pytest.mark.parametrize("seed", range(5))
def test_dual_against_a_general_solver(ball, seed):
    from scipy.optimize import minimize

    G, L = gramian(seed, 4), torch.tensor([0.5, 1.0, 2.0, 0.3], dtype=torch.float64)
    M, pull = (G / G.diagonal().max()).numpy(), (L / L.max()).numpy()
    signs = np.eye(4) if ball == "simplex" else np.hstack([np.eye(4), -np.eye(4)])
    size = signs.shape[1]

    def objective(v):
        w = signs @ v
        return 0.5 * 3.0 * w @ M @ w - pull @ w

    rule = {"type": "eq" if ball == "simplex" else "ineq", "fun": lambda v: 1 - v.sum()}
    start = np.full(size, 1 / size)
    best = minimize(objective, start, bounds=[(0, 1)] * size, constraints=rule, tol=1e-14).x
    w = weights("dual", G, L, set=ball, reach=3.0)
    assert w.abs().sum() <= 1 + 1e-12
    assert torch.allclose(w, torch.from_numpy(signs @ best), atol=1e-5)


def test_dual_limits():
    G, L = gramian(0, 4, P=3), torch.tensor([0.5, 1.0, 2.0, 0.3], dtype=torch.float64)
    assert weights("dual", G, L, reach=1e-3).tolist() == [0, 0, 1, 0]  # only the worst loss
    far, near = weights("dual", G, L, reach=1e6), weights("mgda", G)
    assert (far @ G @ far - near @ G @ near).abs() <= 1e-5 * G.trace()


@pytest.mark.parametrize("K", [3, 16, 32])
def test_shortest_on_simplex_meets_its_conditions_when_norms_differ_by_twenty_powers_of_ten(K):
    rng = np.random.default_rng(K)
    for _ in range(20):
        J = rng.normal(size=(K, K // 2 + 1)) * 10.0 ** rng.uniform(-10, 10, size=(K, 1))
        G = J @ J.T
        w, n = shortest_on_simplex(G), np.sqrt(np.diagonal(G))
        square, size = w @ G @ w, (w * n).sum()
        assert w.min() >= 0
        assert w.sum() == pytest.approx(1)
        assert (G @ w >= square - 1e-14 * K * n * size).all()


@pytest.mark.parametrize("seed", range(10))
def test_gradvac_starts_as_pcgrad_and_then_keeps_cosines(seed):
    G = gramian(seed, 2)
    weighting = get("gradvac", beta=1.0)
    weighting.bind(["a", "b"])
    assert torch.allclose(weighting(G), weights("pcgrad", G))
    friendly = torch.tensor([[1.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    weighting(friendly)  # sets the targets to 0.5
    turned = weighting(torch.eye(2, dtype=torch.float64))
    assert torch.allclose(turned, torch.full((2,), 1 + 1 / math.sqrt(3), dtype=torch.float64))  # g_1 + g_2/√3 has cos ½


def test_gradnorm_learns_equal_weighted_norms_when_tasks_train_alike():
    weighting, norms = get("gradnorm", rate=0.01), torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)
    weighting.bind(["a", "b", "c"])
    for _ in range(1500):
        w = weighting(torch.diag(norms**2), losses=torch.ones(3))
    assert torch.allclose(w * norms, (w * norms).mean(), rtol=0.1)
    assert w.sum().item() == pytest.approx(3)
    before = w
    for _ in range(200):  # task 0 no longer improves, the others have halved their losses
        w = weighting(torch.diag(norms**2), losses=torch.tensor([1.0, 0.5, 0.5]))
    assert w[0] > before[0]


def test_gradnorm_remembers_each_task_by_its_position():
    weighting = get("gradnorm")
    weighting.bind(["a", "b", "c"])
    for _ in range(5):
        weighting(torch.diag(torch.tensor([1.0, 9.0])), losses=torch.ones(2), tasks=[0, 2])
    assert weighting.weights[1] == 1
    assert weighting.weights[0] > 1 > weighting.weights[2]


def test_db_mtl_and_ntkmtl_by_hand():
    G, L = gramian(2, 4), torch.tensor([0.5, 1.0, 2.0, 0.3], dtype=torch.float64)
    n = G.diagonal().sqrt()
    in_log_units = weights("db_mtl", G, L) * L * (n / L)
    assert torch.allclose(in_log_units, (n / L).max().expand(4))
    assert torch.allclose(weights("ntkmtl", G) * n, (n**2).mean().sqrt().expand(4))


# ---------------------------------------------------------------- hurtful input


@cache
def hurtful(count=10_000):
    """Gramians of K = 2…32 tasks that hurt, grouped into stacks of one K and one number type.

    Half have rows scaled by 1e-10…1e10 each, half one global scale of 1e-20…1e20 (1e-15…1e17 in float32, whose
    gramian could not hold more).
    """
    rng = np.random.default_rng(0)
    stacks = {}
    for number in range(count):
        K = int(rng.integers(2, 33)) if rng.random() < 0.25 else int(rng.integers(2, 9))
        J = rng.normal(size=(K, K + 3))
        kind = number % 8
        if kind == 1:
            J[rng.integers(K)] = 0
        elif kind == 2:
            J[0] = J[1]
        elif kind == 3:
            J[0] = -J[1]
        elif kind == 4:
            J = rng.normal(size=(K, 1)) * rng.normal(size=(1, K))
        elif kind == 5:
            J = rng.normal(size=(K, max(1, K // 2)))
        elif kind == 6:
            J -= J.mean(0)
        elif kind == 7 and number % 80 == 7:
            J *= 0
        if rng.random() < 0.5:
            J *= 10.0 ** rng.uniform(-10, 10, size=(K, 1))
        else:
            J *= 10.0 ** rng.uniform(-20, 20)
        dtype = torch.float64 if rng.random() < 0.5 else torch.float32
        if dtype == torch.float32:
            size = np.abs(J).max(1, keepdims=True)
            J *= np.clip(size, 1e-15, 1e17) / np.where(size > 0, size, 1)
            J /= np.where(size > 0, size, 1)
        G = torch.from_numpy(J).to(dtype)
        stacks.setdefault((K, dtype), []).append(G @ G.T)
    return [torch.stack(stack) for stack in stacks.values()]


@pytest.mark.parametrize("name", GRAMIAN)
def test_ten_thousand_hurtful_gramians(name):
    seen = 0
    for G in hurtful():
        losses = torch.linspace(0.1, 2.0, G.shape[-1], dtype=G.dtype).expand(G.shape[:-1])
        w = get(name)(G, losses=losses)
        assert torch.isfinite(w).all()
        assert w.shape == G.shape[:-1]
        assert w.dtype == G.dtype
        if name in NEVER_HURTS:
            # K·ε of the number type, relative to the sum of the weighted gradients' norms
            n = G.diagonal(dim1=-2, dim2=-1).double().sqrt()
            y = w.double() * n
            y = y / y.abs().sum(-1, keepdim=True).clamp(min=1e-300)
            cosines = (G.double() / n[..., None] / n[..., None, :]).nan_to_num(0, 0, 0)
            gain = (cosines @ y[..., None])[..., 0]
            assert gain.min() >= -2 * G.shape[-1] * torch.finfo(G.dtype).eps
        seen += len(G)
    assert seen == 10_000


@pytest.mark.parametrize("normalisation", ["none", "l2", "loss", "loss+"])
def test_mgda_stays_on_the_simplex_for_gradients_that_are_nearly_one(normalisation):
    torch.manual_seed(0)
    one = torch.randn(5000, 1, 8, dtype=torch.float64)
    length = torch.tensor([1.0, 1.0 if normalisation == "none" else 5.0]).double()[:, None]
    J = one * length + 1e-8 * torch.randn(5000, 2, 8, dtype=torch.float64)
    losses = torch.tensor([0.3, 2.0], dtype=torch.float64).expand(5000, 2)
    sizes = losses if "loss" in normalisation else torch.ones_like(losses)
    if normalisation in ("l2", "loss+"):
        sizes = sizes * J.norm(dim=2)
    alpha = get("mgda", normalisation=normalisation)(J @ J.mT, losses=losses) * sizes
    assert ((alpha.sum(-1) - 1).abs() < 1e-12).all()
    assert (alpha >= 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["imtl_g", "imtl", "config"])
def test_opposite_gradients_are_answered_by_zero(name, dtype):
    torch.manual_seed(0)
    for pairs in (1, 2):
        half = torch.randn(2000, pairs, 6, dtype=torch.float64)
        J = torch.cat([half, -half * 5 * torch.rand(2000, pairs, 1, dtype=torch.float64)], 1).to(dtype)
        weights = get(name)(J @ J.mT, losses=torch.ones(2000, 2 * pairs, dtype=dtype))
        assert not weights.any()


@pytest.mark.parametrize("name", ["nash_mtl", "fairgrad"])
def test_no_weights_only_where_there_is_no_bargain(name):
    silent = 0
    for G in hurtful(1000):
        for one, w in zip(G, weights(name, G), strict=True):
            if not w.any():
                n = one.double().diagonal().sqrt()
                there = n > 0
                C = (one.double() / n / n[:, None])[there][:, there].numpy()
                shortest = shortest_on_simplex(C)
                assert shortest @ C @ shortest < 1e-4
                silent += 1
    assert silent > 10


@pytest.mark.parametrize("name", ["imtl_g", "config", "nash_mtl", "fairgrad", "upgrad", "dualproj", "mgda"])
def test_independent_gradients_are_never_answered_by_zero(name):
    for seed in range(50):
        scale = 10.0 ** torch.linspace(-5, 5, 6, dtype=torch.float64)
        assert weights(name, gramian(seed, 6, P=8) * scale.outer(scale)).any()


@pytest.mark.parametrize("name", ["config", "nash_mtl"])
def test_scale_of_a_loss_does_not_turn_the_update(name):
    for seed in range(20):
        G = gramian(seed, 4)
        scale = 10.0 ** torch.tensor([-8.0, 0.0, 3.0, 7.0], dtype=torch.float64)
        plain, scaled = weights(name, G), weights(name, G * scale.outer(scale)) * scale
        assert cosine(G, plain, scaled) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", GRAMIAN)
def test_renaming_tasks_renames_weights(name):
    if "generator" in members("weighting")[name].memory:
        G = torch.diag(torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64))  # the order drawn does not matter
    else:
        G = gramian(5, 4)
    losses = torch.tensor([0.5, 1.0, 2.0, 0.3], dtype=torch.float64)
    order = torch.tensor([2, 0, 3, 1])
    plain = get(name)(G, losses=losses)
    turned = get(name)(G[order][:, order], losses=losses[order])
    assert torch.allclose(turned, plain[order], rtol=1e-7, atol=1e-12)


# ---------------------------------------------------------------- two quadratics with a known Pareto set


A = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
B = torch.tensor([[0.7, -0.2], [-0.2, 1.5]], dtype=torch.float64)
LEFT, RIGHT = torch.tensor([-1.0, 0.5], dtype=torch.float64), torch.tensor([1.5, -1.0], dtype=torch.float64)


def pareto_set(count=2001):
    """``x(α)``, where ``αA(x − a) + (1 − α)B(x − b) = 0``."""
    alpha = torch.linspace(0, 1, count, dtype=torch.float64)[:, None, None]
    right = alpha[..., 0] * (A @ LEFT) + (1 - alpha[..., 0]) * (B @ RIGHT)
    return torch.linalg.solve(alpha * A + (1 - alpha) * B, right)


@pytest.mark.parametrize("name", GRAMIAN)
@pytest.mark.parametrize("start", [(-2.0, -2.0), (2.0, 2.0), (3.0, -3.0)])
def test_reaches_the_pareto_set_of_two_quadratics(name, start):
    x, weighting = torch.tensor(start, dtype=torch.float64), get(name)
    for step in range(1000):
        J = torch.stack([A @ (x - LEFT), B @ (x - RIGHT)])
        losses = 0.5 * torch.stack([(x - LEFT) @ J[0], (x - RIGHT) @ J[1]])
        update = weighting(J @ J.T, losses=losses) @ J
        rate = 0.1 if step < 500 else 0.1 * 0.98 ** (step - 500)  # updates of fixed length need a falling rate
        x = x - rate * update
    assert (pareto_set() - x).norm(dim=1).min() < 2e-3
