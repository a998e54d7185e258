"""Fits of the linearised model against scikit-learn, and gains that are known by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import Ridge

from workbench.affinities.base import Examples
from workbench.affinities.grad_tae import GradTAE
from workbench.affinities.linearised import Linearised


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def task(kind, seed, n=60, d=8):
    return Examples(
        f"{kind} {seed}",
        kind,
        (normal(n, seed=seed), normal(n, seed=seed + 1)),
        (normal(n, seed=seed + 4), normal(n, seed=seed + 5)),
        (normal(n, d, seed=seed + 2), normal(n, d, seed=seed + 3)),
    )


@pytest.mark.parametrize("trained", [True, False])
def test_regression_is_ridge_regression(trained):
    one = task("residual", 0)
    start = one.outputs if trained else one.blank
    fits = Linearised([one], 0.1, trained)
    fits.losses(frozenset([0]), 0)
    x, y = one.gradients[0].numpy(), -start[0].numpy()
    expected = Ridge(alpha=fits.penalty * len(y), fit_intercept=False).fit(x, y)
    assert fits.moves[frozenset([0])].numpy() == pytest.approx(expected.coef_)
    assert fits.losses(frozenset([0]), 0).numpy() == pytest.approx(
        (start[1].numpy() + expected.predict(one.gradients[1].numpy())) ** 2
    )


@pytest.mark.parametrize("ridge", [1e-6, 1e-2, 10])
@pytest.mark.parametrize("far", [1, 30])
def test_every_fit_ends_where_the_slope_is_zero(ridge, far):
    tasks = [task("margin", 0), task("residual", 10), task("margin", 20)]
    tasks[0] = tasks[0]._replace(blank=(far * tasks[0].blank[0], tasks[0].blank[1]))
    fits = Linearised(tasks, ridge)
    subset = frozenset([0, 1, 2])
    fits.losses(subset, 0)
    move = fits.moves[subset].clone().requires_grad_()
    (slope,) = torch.autograd.grad(fits.objective(subset, move), move)
    (start,) = torch.autograd.grad(fits.objective(subset, torch.zeros_like(move).requires_grad_() + 0 * move), move)
    assert float(slope.norm()) < 1e-6 * max(1.0, float(start.norm()))


def test_losses_are_cross_entropy_and_squared_error():
    z, y = normal(20, 4), torch.arange(20) % 4
    right = z.gather(1, y[:, None]).squeeze(1)
    others = z.masked_fill(F.one_hot(y, 4).bool(), -torch.inf).logsumexp(1)
    still = torch.zeros(20, 3, dtype=torch.float64)
    fits = Linearised([Examples("c", "margin", (right - others,) * 2, (y, y), (still, still))], 1.0, trained=True)
    assert fits.losses(frozenset([0]), 0).numpy() == pytest.approx(F.cross_entropy(z, y, reduction="none").numpy())


def test_the_gains_of_two_tasks_by_hand():
    """One training example each and one parameter: w = −Σ r g / (Σ g² + λ)."""

    def single(r, g, val_r):
        shape = torch.tensor([r], dtype=torch.float64), torch.tensor([val_r, val_r + 1], dtype=torch.float64)
        return Examples("", "residual", shape, shape, (torch.tensor([[g]]).double(), torch.ones(2, 1).double()))

    a, b = single(-1.0, 1.0, -1.0), single(-2.0, 0.5, -2.0)
    found = GradTAE(ridge=0.1).estimate([a, b])
    lam = 0.1 * (1.0 + 0.25) / 2
    alone, both = 1.0 / (1 + lam), 2.0 / (1.25 + lam)
    before, after = (np.array([-1, 0]) + alone) ** 2, (np.array([-1, 0]) + both) ** 2
    assert found.matrix[1, 0].item() == pytest.approx((before - after).mean() / before.mean())
    error = ((before - after) / before.mean()).std(ddof=1) / 2**0.5
    assert found.se[1, 0].item() == pytest.approx(error)
    assert found.matrix.diagonal().tolist() == [0, 0]


def test_a_task_that_moves_other_parameters_neither_helps_nor_hurts():
    a, b = task("residual", 0), task("margin", 10)
    apart = [
        one._replace(gradients=tuple(g * torch.tensor(mask).double() for g in one.gradients))
        for one, mask in ((a, [1, 0] * 4), (b, [0, 1] * 4))
    ]
    assert GradTAE().estimate(apart).matrix.abs().max().item() < 1e-8


def test_more_examples_of_the_same_task_help_and_labels_turned_round_hurt():
    true = normal(8, seed=99)

    def of(seed, sign):
        x, val = normal(30, 8, seed=seed), normal(200, 8, seed=seed + 1)
        outputs = sign * x @ true + 0.5 * normal(30, seed=seed + 2), sign * val @ true
        return Examples("", "residual", outputs, outputs, (x, val))

    found = GradTAE(ridge=0.1).estimate([of(0, 1), of(10, 1), of(20, -1)])
    assert found.matrix[0, 1] > 2 * found.se[0, 1]
    assert found.matrix[1, 0] > 2 * found.se[1, 0]
    assert bool((found.matrix[2, :2] < -2 * found.se[2, :2]).all())
    assert bool((found.matrix[:2, 2] < -2 * found.se[:2, 2]).all())


def test_beyond_six_tasks_subsets_are_drawn_and_the_draw_counts_as_noise():
    tasks = [task("residual", 10 * k, n=20, d=4) for k in range(7)]
    few, many = GradTAE(subsets=4).estimate(tasks), GradTAE(subsets=200).estimate(tasks)
    again = GradTAE(subsets=4).estimate(tasks)
    assert torch.equal(few.matrix, again.matrix)
    off = ~torch.eye(7, dtype=torch.bool)
    assert bool(((few.matrix - many.matrix)[off].abs() < 4 * few.se[off] + 1e-9).float().mean() > 0.9)
