"""Weightings against closed forms and published guarantees."""

import math

import pytest
import torch

import workbench as wb
from workbench.weightings import get
from workbench.weightings.solvers.simplex import min_on_simplex


def gramian(seed: int, K: int, P: int = 8) -> torch.Tensor:
    J = torch.randn(K, P, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return J @ J.T


def test_uncertainty_is_stationary_at_the_log_of_the_loss():
    weighting = get("uncertainty")
    weighting.bind(["a", "b"])
    losses = torch.tensor([0.5, 3.0])
    with torch.no_grad():
        weighting.log_variance.copy_(losses.log())
    (gradient,) = torch.autograd.grad(weighting(losses), weighting.log_variance)
    assert torch.allclose(gradient, torch.zeros(2), atol=1e-6)


def test_uncertainty_forms_differ_in_the_regulariser_only():
    losses = torch.tensor([0.5, 3.0])
    kendall, liebel = get("uncertainty")(losses), get("uncertainty", form="liebel")(losses)
    assert torch.allclose(liebel - kendall, torch.tensor(2 * math.log(2.0)))


def test_dwa_by_hand():
    weighting = get("dwa", temperature=2.0)
    losses = torch.tensor([1.0, 1.0], requires_grad=True)
    assert torch.autograd.grad(weighting(losses), losses)[0].tolist() == [1.0, 1.0]
    weighting.end_epoch(torch.tensor([2.0, 1.0]))
    assert torch.autograd.grad(weighting(losses), losses)[0].tolist() == [1.0, 1.0]
    weighting.end_epoch(torch.tensor([1.0, 1.0]))
    weights = torch.autograd.grad(weighting(losses), losses)[0]
    ratio = torch.tensor([0.5, 1.0])
    assert torch.allclose(weights, 2 * torch.softmax(ratio / 2.0, 0))


def test_dwa_waits_for_a_task_that_was_absent():
    weighting = get("dwa")
    weighting.end_epoch(torch.tensor([2.0, math.nan]))
    weighting.end_epoch(torch.tensor([2.0, 1.0]))
    assert weighting(torch.tensor([1.0, 1.0])).item() == pytest.approx(2.0)


def test_fixed_takes_weights_by_name_and_by_hand():
    weighting = get("fixed", weights={"b": 3.0})
    weighting.bind(["a", "b"])
    assert weighting(torch.tensor([1.0, 2.0])).item() == 7.0
    weighting.set_weights({"a": 0.0})
    assert weighting(torch.tensor([1.0, 2.0])).item() == 6.0
    with pytest.raises(wb.WorkbenchError, match="did you mean 'b'"):
        weighting.set_weights({"bb": 1.0})
    with pytest.raises(wb.WorkbenchError, match="at least 0, found -1"):
        weighting.set_weights({"a": -1})
    with pytest.raises(wb.WorkbenchError, match="names no task 'c'"):
        get("fixed", weights={"c": 1.0}).bind(["a", "b"])


@pytest.mark.parametrize("seed", range(20))
def test_pcgrad_of_two_tasks_in_closed_form(seed):
    G = gramian(seed, 2)
    weights = get("pcgrad")(G)
    conflict = min(float(G[0, 1]), 0.0)
    assert torch.allclose(weights, 1 - conflict / G.diagonal())
    assert bool((G @ weights >= -1e-12).all())


def test_pcgrad_follows_the_papers_algorithm_on_gradients():
    J = torch.randn(5, 9, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    weighting = get("pcgrad", shuffle=False)
    projected = []
    for i in range(5):
        g = J[i].clone()
        for j in range(5):
            if j != i and g @ J[j] < 0:
                g = g - (g @ J[j]) / (J[j] @ J[j]) * J[j]
        projected.append(g)
    assert torch.allclose(weighting(J @ J.T) @ J, torch.stack(projected).sum(0), atol=1e-12)


@pytest.mark.parametrize("K", [2, 3, 8])
@pytest.mark.parametrize("seed", range(10))
def test_mgda_is_the_shortest_and_hurts_nobody(K, seed):
    G = gramian(seed, K, P=K + 1)
    weights = get("mgda")(G)
    assert weights.sum().item() == pytest.approx(1)
    assert bool((weights >= 0).all())
    square = weights @ G @ weights
    assert bool((G @ weights >= square - 1e-6 * G.trace()).all()), "not the minimum-norm point"


def test_mgda_normalisations_apply_to_normalised_gradients():
    G, losses = gramian(1, 3), torch.tensor([1.0, 5.0, 0.2], dtype=torch.float64)
    norm = G.diagonal().sqrt()
    for name, by in {"l2": norm, "loss": losses, "loss+": norm * losses}.items():
        alpha = get("mgda")(G / by / by[:, None])
        weights = get("mgda", normalisation=name)(G, losses=losses)
        assert torch.allclose(weights / weights.sum(), (alpha / by) / (alpha / by).sum(), atol=1e-6), name
    with pytest.raises(wb.WorkbenchError, match="needs losses="):
        get("mgda", normalisation="loss")(G)


@pytest.mark.parametrize("K", [2, 3, 6])
@pytest.mark.parametrize("seed", range(8))
def test_cagrad_against_a_general_solver(K, seed):
    from scipy.optimize import minimize

    G = gramian(seed, K, P=K + 2)
    M, b, c = G.numpy(), torch.full((K,), 1 / K, dtype=torch.float64).numpy(), 0.4
    radius = c * math.sqrt(b @ M @ b)

    def objective(w):
        return w @ M @ b + radius * math.sqrt(max(w @ M @ w, 1e-300))

    best = min(
        (
            minimize(
                objective,
                start,
                bounds=[(0, 1)] * K,
                constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
                tol=1e-12,
            )
            for start in (b, *torch.eye(K).numpy())
        ),
        key=lambda found: found.fun,
    )
    mine = min_on_simplex(M / M.diagonal().max(), M @ b / M.diagonal().max(), radius / math.sqrt(M.diagonal().max()))
    assert objective(mine) <= best.fun + 1e-7 * abs(best.fun) + 1e-9
    direction = torch.from_numpy(b + radius / math.sqrt(mine @ M @ mine) * mine)
    assert torch.allclose(get("cagrad", rescale="none")(G), direction, atol=1e-5)


def test_cagrad_limits():
    G = gramian(3, 4)
    assert torch.allclose(get("cagrad", c=0.0, rescale="none")(G), torch.full((4,), 0.25, dtype=torch.float64))
    far, near = get("cagrad", c=1e4, rescale="none")(G), get("mgda")(G)
    assert torch.allclose(far / far.sum(), near, atol=1e-3)


def test_graddrop_keeps_one_sign_per_coordinate():
    J = torch.randn(4, 1000, generator=torch.Generator().manual_seed(0))
    d = get("graddrop")(J)
    positive, negative = J.clamp(min=0).sum(0), J.clamp(max=0).sum(0)
    assert bool((torch.isclose(d, positive) | torch.isclose(d, negative)).all())
    assert torch.allclose(get("graddrop", leak=1.0)(J), J.sum(0), atol=1e-6)


def test_graddrop_draws_signs_by_their_purity():
    J = torch.tensor([[3.0], [-1.0]]).expand(2, 20_000)
    share = (get("graddrop")(J) > 0).float().mean().item()
    assert share == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("normalisation", ["l2", "loss+"])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_mgda_weights_act_on_the_normalised_gradients(normalisation, scale):
    """Orthogonal gradients of lengths 1 and 2, both brought to 1: α = ½ each, so w_i = ½ / ‖g_i‖ (L = 1)."""
    G = torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64)) * scale**2
    w = get("mgda", normalisation=normalisation)(G, losses=torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(w * scale, torch.tensor([0.5, 0.25], dtype=torch.float64))
