"""Methods that aim at one part of the front: EPO search and Pareto-MTL; and IMTL, which aims at equal losses."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, minimize

import workbench as wb
from workbench import toys
from workbench.weightings import get
from workbench.weightings.solvers.directions import spread


def gramian(seed, K, P=8):
    J = torch.randn(K, P, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return J @ J.T


def losses_of(seed, K):
    return torch.rand(K, generator=torch.Generator().manual_seed(1000 + seed), dtype=torch.float64) + 0.05


def bound(name, K=2, **settings):
    weighting = get(name, **settings)
    weighting.bind(["a", "b", "c", "d"][:K])
    return weighting


def descended(weighting, start, steps=1200, rate=0.05):
    """Losses at the end of a path on two quadratics, and how far from the Pareto set it ended."""
    toy = toys.get("two_quadratics")
    x = toy.starts[start].clone()
    for step in range(steps):
        losses, J = toy.jacobian(x)
        falling = rate * min(1.0, 0.98 ** (step - steps // 2))
        x = x - falling * (weighting(J @ J.T, losses=losses) @ J)
    return toy.losses(x), (toy.pareto_set(2001) - x).norm(dim=1).min().item()


# ---------------------------------------------------------------- EPO


def epo_problem(G, L, r, tolerance=1e-4):
    """The published linear problem, written out: the value, rows and right sides of ``rows · w ≥ right``."""
    l = r * L / (r * L).sum()
    K = len(L)
    mu = (l * np.log(K * l)).sum()
    a = r * (np.log(K * l) - mu)
    Ga = G @ a
    if mu > tolerance:
        right = [-np.inf if gain > 0 else gain for gain in Ga] if (Ga > 0).any() else [0.0] * K
        if (Ga > 0).any():
            right[int(np.argmax(r * L))] = 0.0
        return Ga, G, np.array(right)
    return G.sum(1), np.vstack([G, Ga]), np.append(np.zeros(K), min(0.0, Ga.max()))


@pytest.mark.parametrize("tolerance", [1e-4, 10.0], ids=["balance", "descent"])
@pytest.mark.parametrize("K", [2, 3, 5, 8])
@pytest.mark.parametrize("seed", range(15))
def test_epo_solves_its_linear_problem(K, seed, tolerance):
    G, L = gramian(seed, K, P=K + 2).numpy(), losses_of(seed, K).numpy()
    names = [f"task {i}" for i in range(K)]
    importance = dict(zip(names, np.random.default_rng(seed).uniform(0.5, 2, size=K).tolist(), strict=True))
    weighting = get("epo", preference=importance, tolerance=tolerance)
    weighting.bind(names)
    w = weighting(torch.from_numpy(G), losses=torch.from_numpy(L)).numpy()
    r = np.array(list(importance.values()))
    value, rows, right = epo_problem(G, L, r / r.sum(), tolerance)
    there = np.isfinite(right)
    best = linprog(-value, A_ub=-rows[there], b_ub=-right[there], A_eq=np.ones((1, K)), b_eq=[1.0], method="highs")
    if best.status == 2:  # the last constraint of the descent is left out
        best = linprog(-value, A_ub=-G, b_ub=np.zeros(K), A_eq=np.ones((1, K)), b_eq=[1.0], method="highs")
        right[-1] = -np.inf
    size = np.abs(G).max()
    assert w.sum() == pytest.approx(1)
    assert w.min() >= 0
    assert (rows @ w >= right - 1e-9 * size).all()
    assert value @ w == pytest.approx(-best.fun, abs=1e-7 * size)


def test_epo_by_hand():
    # l = (1/3, 2/3); task 1 may rise by no more than the balancing direction lets it, so w_2 ≤ (1 − (Ga)_1) / 1.5
    mu = math.log(2 / 3) / 3 + 2 * math.log(4 / 3) / 3
    a = [(math.log(2 / 3) - mu) / 2, (math.log(4 / 3) - mu) / 2]
    second = (1 - (a[0] - a[1] / 2)) / 1.5
    G = torch.tensor([[1.0, -0.5], [-0.5, 1.0]], dtype=torch.float64)
    w = get("epo")(G, losses=torch.tensor([1.0, 2.0], dtype=torch.float64))
    assert torch.allclose(w, torch.tensor([1 - second, second], dtype=torch.float64), atol=1e-10)
    assert (G @ w)[0].item() == pytest.approx(a[0] - a[1] / 2)
    # on the ray it descends: w_1 g_1 + w_2 g_2 lowers the sum most where task 2, whose gradient is longer, moves alone
    on_ray = get("epo")(torch.diag(torch.tensor([1.0, 4.0])), losses=torch.ones(2))
    assert on_ray.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("preference", "start"), [({}, 0), ({}, 1), ({"a": 3.0}, 0), ({"b": 5.0}, 1), ({"a": 20.0}, 0)], ids=str
)
def test_epo_reaches_the_preference_ray(preference, start):
    losses, far = descended(bound("epo", preference=preference), start)
    wanted = preference.get("b", 1.0) / preference.get("a", 1.0)
    assert (losses[0] / losses[1]).item() == pytest.approx(wanted, rel=0.05)
    assert far < 2e-3


def test_epo_can_end_in_the_minimum_of_one_task():
    # above both minima the balancing direction raises both losses; then, as published, the better task goes first
    losses, _ = descended(bound("epo"), 2)
    assert losses[0].item() == pytest.approx(2.5)
    assert losses[1].item() == pytest.approx(0, abs=1e-12)


def test_epo_knows_tasks_by_name_and_place():
    G, L = gramian(3, 3), losses_of(3, 3)
    weighting = bound("epo", 3, preference={"b": 4.0})
    turned = get("epo", preference={"b": 4.0})
    turned.bind(["b", "a", "c"])
    order = [1, 0, 2]
    assert torch.allclose(turned(G[order][:, order], losses=L[order]), weighting(G, losses=L)[order])
    two = bound("epo", 2, preference={"b": 4.0})
    pair = [0, 1]
    assert torch.allclose(weighting(G[:2, :2], losses=L[:2], tasks=pair), two(G[:2, :2], losses=L[:2]))
    with pytest.raises(wb.WorkbenchError, match="preference names no task 'bb': did you mean 'b'"):
        bound("epo", 3, preference={"bb": 1.0})
    with pytest.raises(wb.WorkbenchError, match="needs losses="):
        get("epo")(G)


def test_epo_at_every_scale_and_without_an_answer():
    G, L = gramian(5, 4), losses_of(5, 4)
    for scale in (1e-40, 1e40):
        assert torch.allclose(get("epo")(G * scale, losses=L * scale), get("epo")(G, losses=L), atol=1e-9)
    rounded = torch.tensor([[1.0, -1.0 - 1e-7], [-1.0 - 1e-7, 1.0]], dtype=torch.float64)  # Gw ≥ 0 has no solution
    for losses in ([1.0, 1.0], [1.0, 3.0], [0.0, 0.0], [-1.0, 2.0]):
        w = get("epo")(rounded, losses=torch.tensor(losses, dtype=torch.float64))
        assert w.sum().item() == pytest.approx(1)
    assert get("epo")(torch.zeros(3, 3), losses=torch.tensor([1.0, 2.0, 3.0])).tolist() == pytest.approx([1 / 3] * 3)


# ---------------------------------------------------------------- Pareto-MTL


def test_pareto_mtl_by_hand():
    # u = (0, 1), the other vector (1, 0), L = (3, 1): the constraint (1, −1) is violated
    settings = {"number": 2, "index": 1}
    eye, losses = torch.eye(2, dtype=torch.float64), torch.tensor([3.0, 1.0], dtype=torch.float64)
    assert bound("pareto_mtl", **settings)(eye, losses=losses).tolist() == [1, -1]
    # of (1, 0), (0, 1), (1, −1) the shortest combination is 0.6 (0, 1) + 0.4 (1, −1)
    w = bound("pareto_mtl", **settings, warmup=0)(eye, losses=losses)
    assert torch.allclose(w, torch.tensor([0.4, 0.2], dtype=torch.float64))
    # nothing is violated the other way round
    G = gramian(0, 2)
    assert torch.allclose(bound("pareto_mtl", **settings)(G, losses=losses.flip(0)), get("mgda")(G))


def test_pareto_mtl_warms_up_until_it_is_there_for_the_first_time():
    eye, away, there = torch.eye(2), torch.tensor([3.0, 1.0]), torch.tensor([1.0, 3.0])
    weighting = bound("pareto_mtl", number=2, index=1, warmup=3)
    assert [weighting(eye, losses=L).tolist()[1] for L in (away, away)] == [-1, -1]
    copy = bound("pareto_mtl", number=2, index=1, warmup=3)
    copy.load_state_dict(weighting.state_dict())
    for one in (weighting, copy):
        assert one(eye, losses=there).tolist() == [0.5, 0.5]
        assert one(eye, losses=away).tolist() == pytest.approx([0.4, 0.2])
    weighting.reset()
    assert [round(weighting(eye, losses=away).tolist()[1], 6) for _ in range(4)] == [-1, -1, -1, 0.2]


@pytest.mark.parametrize("K", [3, 6])
@pytest.mark.parametrize("seed", range(8))
def test_pareto_mtl_against_a_general_solver(K, seed):
    G, L = gramian(seed, K, P=K + 6).numpy(), losses_of(seed, K).numpy() ** 3
    vectors = spread(K, 20)
    weighting = get("pareto_mtl", number=20, index=0, warmup=0)
    w = weighting(torch.from_numpy(G), losses=torch.from_numpy(L)).numpy()
    apart = [u - vectors[0] for u in vectors if (u - vectors[0]) @ L > 0]
    assert apart
    mix = np.vstack([np.eye(K), *apart])
    start = np.full(len(mix), 1 / len(mix))
    found = minimize(
        lambda v: v @ mix @ G @ mix.T @ v,
        start,
        jac=lambda v: 2 * mix @ G @ mix.T @ v,
        bounds=[(0, 1)] * len(mix),
        constraints={"type": "eq", "fun": lambda v: v.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    assert w @ G @ w <= found.fun + 1e-9
    assert w @ G @ w == pytest.approx(found.fun, rel=1e-3, abs=1e-6)
    assert (G @ w >= w @ G @ w - 1e-9).all()  # no task is hurt
    assert (np.array(apart) @ G @ w >= w @ G @ w - 1e-9).all()  # and no violation grows


def test_pareto_mtl_spreads_over_the_front():
    angles = []
    for index in range(5):
        losses, far = descended(bound("pareto_mtl", index=index), 0)
        assert far < 2e-3
        angles.append(math.atan2(*losses.tolist()[::-1]) / (math.pi / 2))  # 0: all of the loss is task 1's
        assert abs(angles[-1] - index / 4) <= 0.125 + 0.01, "outside its own part"
    assert min(np.diff(angles)) > 0.05


def test_pareto_mtl_can_stop_short_of_the_front():
    # gradients become parallel, with the direction of the violated constraint against them
    _, far = descended(bound("pareto_mtl", index=2), 1)
    assert far > 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_pareto_mtl_hurts_nobody_after_the_warm_up(dtype):
    rng, eps = np.random.default_rng(0), torch.finfo(dtype).eps
    violated = 0
    for number in range(500):
        K = int(rng.integers(2, 9))
        J = rng.normal(size=(K, rng.integers(1, K + 3))) * 10.0 ** rng.uniform(-8, 8, size=(K, 1))
        if number % 4 == 0:
            J[0] = -J[1]
        G = torch.from_numpy(J @ J.T).to(dtype)
        L = torch.from_numpy(10.0 ** rng.uniform(-2, 2, size=K)).to(dtype)
        w = get("pareto_mtl", warmup=0, number=20)(G, losses=L).double()
        n = G.diagonal().double().sqrt()
        y = w * n / (w * n).abs().sum()
        assert ((G.double() / n / n[:, None]) @ y).min() >= -max(4 * K * eps, 1e-11)
        violated += bool((w < 0).any()) or bool(w.sum() < 1 - 1e-6)
    assert violated > 50


def test_pareto_mtl_takes_the_middle_vector_and_given_ones():
    G, L = gramian(1, 3), torch.tensor([0.2, 3.0, 0.5], dtype=torch.float64)
    default = bound("pareto_mtl", 3, warmup=0)(G, losses=L)
    given = [[1, 0, 0], [0, 2, 0], [0, 0, 3], [1, 1, 1]]
    for index in (3, None):
        explicit = bound("pareto_mtl", 3, warmup=0, vectors=given, index=index)(G, losses=L)
        assert torch.allclose(explicit, default)
    assert not torch.allclose(bound("pareto_mtl", 3, warmup=0, vectors=given, index=0)(G, losses=L), default)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"index": 5}, "index should be below 5, the number of preference vectors of 2 tasks, found 5"),
        ({"vectors": [[1.0, 0.0], [1.0]]}, "vectors should have 2 numbers each"),
        ({"vectors": [[1.0, 0.0], [0.0, 0.0]]}, "not all 0"),
    ],
    ids=["index", "length", "zero"],
)
def test_pareto_mtl_names_what_does_not_fit_the_tasks(settings, sentence):
    with pytest.raises(wb.WorkbenchError, match=sentence):
        bound("pareto_mtl", **settings)


# ---------------------------------------------------------------- IMTL


def impartial(J):
    """IMTL-G as its paper has it: ``α`` of the tasks but the first, by an inverse."""
    unit = J / J.norm(dim=1, keepdim=True)
    D, U = J[:1] - J[1:], unit[:1] - unit[1:]
    rest = J[0] @ U.T @ torch.linalg.inv(D @ U.T)
    return torch.cat([1 - rest.sum()[None], rest])


@pytest.mark.parametrize("K", [2, 3, 4])
@pytest.mark.parametrize("seed", range(10))
def test_imtl_is_the_gradient_part_on_scaled_losses(K, seed):
    J = torch.randn(K, 7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    weighting, s, L = bound("imtl", K, rate=0.2), torch.zeros(K, dtype=torch.float64), losses_of(seed, K)
    for _ in range(4):
        w = weighting(J @ J.T, losses=L)
        scaled = s.exp()[:, None] * J
        assert torch.allclose(w, s.exp() * impartial(scaled), rtol=1e-7)
        assert torch.allclose(weighting.head_weights(w, L), s.exp())
        s = s - 0.2 * (s.exp() * L - 1)
        L = L * 0.7


def test_imtl_brings_scaled_losses_to_one_and_keeps_the_direction():
    G, L = gramian(0, 3), torch.tensor([1e-3, 0.5, 20.0], dtype=torch.float64)
    weighting = bound("imtl", 3, rate=0.1)
    for _ in range(2000):
        w = weighting(G, losses=L)
    assert torch.allclose(weighting.log_scale, -L.log(), atol=1e-6)
    plain = get("imtl_g")(G)
    assert torch.allclose(w / w.sum(), plain)
    assert (w * L).sum().item() == pytest.approx(1)


def test_imtl_waits_for_absent_tasks_and_survives_huge_losses():
    weighting = bound("imtl", 3)
    weighting(gramian(0, 2), losses=torch.tensor([2.0, 3.0]), tasks=[0, 2])
    assert weighting.log_scale.tolist() == pytest.approx([-0.01, 0, -0.02])
    assert weighting.head_weights(torch.ones(2), torch.ones(2)).tolist() == [1, 1]
    weighting(gramian(0, 3), losses=torch.tensor([1e30, 1.0, 1.0]))
    assert weighting.log_scale[0].item() == pytest.approx(-1.01)
    for heads, wanted in {"own": [1.0, 1.0], "weighted": [0.3, 0.7]}.items():
        assert get("imtl", heads=heads).head_weights(torch.tensor([0.3, 0.7]), torch.ones(2)).tolist() == (
            pytest.approx(wanted)
        )
