"""PiKE: its estimates, its rule, and the two tasks whose best mix is known."""

import math

import pytest
import torch

import workbench as wb
from tests.schedules.examples import SPEC, begun, roster
from workbench.schedules.pike import estimates

NAN = float("nan")
PAIR = roster("ab")


def halves(mean, sigma, batch, generator, count=1):
    """Mean gradients of each task over both halves of a batch, ``[count, K, P]`` each; noise ``N(0, σ_k² I)``."""
    scale = torch.as_tensor(sigma, dtype=torch.float64)[:, None] * math.sqrt(2 / batch)
    return [mean + scale * torch.randn(count, *mean.shape, generator=generator, dtype=torch.float64) for _ in range(2)]


def products(one, two):
    return one @ one.mT, two @ two.mT, one @ two.mT


# ---------------------------------------------------------------- estimates and rule


def test_the_estimates_are_unbiased():
    generator = torch.Generator().manual_seed(0)
    mean, sigma, batch = torch.tensor([[3.0, 0.0], [0.0, 0.5]], dtype=torch.float64), [1.0, 2.0], 16
    one, two = halves(mean, sigma, batch, generator, 20_000)
    found = [estimates(*products(a, b)) for a, b in zip(one, two, strict=True)]
    for each, expected in zip(zip(*found, strict=True), ([9.0, 0.25], [2 * s**2 / batch for s in sigma]), strict=True):
        drawn = torch.stack(each)
        error = drawn.std(0) / math.sqrt(len(drawn))
        assert ((drawn.mean(0) - torch.tensor(expected).double()).abs() < 4 * error).all()
        assert (error < 0.02).all()
    plain = torch.stack([((a + b) / 2).square().sum(1) for a, b in zip(one, two, strict=True)]).mean(0)
    assert plain[1] > 0.25 + 0.9 * 2 * sigma[1] ** 2 / batch  # what ‖g‖² of the batch would have said


def test_the_estimates_tell_the_spread_of_single_examples():
    """On a linear model with squared error, against the gradients of all its examples one by one."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(40_000, 3, generator=generator).double(), torch.randn(40_000, generator=generator).double()
    single = (x @ torch.tensor([1.0, -1.0, 0.5]).double() - y)[:, None] * x
    told = []
    for rows in torch.randperm(40_000, generator=generator).split(20):
        one, two = (single[half].mean(0, keepdim=True) for half in rows.split(10))
        told.append(torch.cat(estimates(*products(one, two))))
    mean, error = torch.stack(told).mean(0), torch.stack(told).std(0) / math.sqrt(len(told))
    expected = torch.stack([single.mean(0).square().sum(), single.var(0).sum() / 20])
    assert ((mean - expected).abs() < 4 * error).all()
    assert (error < 0.03 * expected).all()


def test_the_rule_by_hand():
    schedule = begun("pike", PAIR, zeta1=0.3, zeta2=0.7, floor=0.0)
    one = torch.tensor([[2.0, 0.0], [0.0, 1.0]]).double()
    two = torch.tensor([[1.0, 0.0], [1.0, 2.0]]).double()
    schedule.look(0, *products(one, two))
    squares, noises = torch.tensor([2.0, 2.0]).double(), torch.tensor([1.0, 2.0]).double() / 4
    unit = (squares + noises).mean()
    mix = torch.full((2,), 0.5).double() * ((0.3 * squares - 0.35 * noises) / unit).exp()
    torch.testing.assert_close(schedule.shares(0), mix / mix.sum())
    schedule.look(0, *products(one, two))  # once more, in the units of the first look
    mix = mix * ((0.3 * squares - 0.35 * noises) / unit).exp()
    torch.testing.assert_close(schedule.shares(0), mix / mix.sum())
    with_floor = begun("pike", PAIR, zeta1=0.3, zeta2=0.7, floor=0.2)
    with_floor.look(0, *products(one, two))
    first = torch.full((2,), 0.5).double() * ((0.3 * squares - 0.35 * noises) / unit).exp()
    torch.testing.assert_close(with_floor.shares(0), 0.1 + 0.8 * first / first.sum())


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_a_common_factor_on_the_losses_changes_nothing(scale):
    plain, scaled = begun("pike", PAIR), begun("pike", PAIR)
    generator = torch.Generator().manual_seed(2)
    for _ in range(5):
        found = products(*halves(torch.eye(2, dtype=torch.float64), [1.0, 0.3], 8, generator))
        plain.look(0, *(A[0] for A in found))
        scaled.look(0, *(scale**2 * A[0] for A in found))
    torch.testing.assert_close(plain.mix, scaled.mix)


def test_a_task_without_labels_in_a_half_keeps_its_share():
    schedule = begun("pike", floor=0.0)
    J = torch.tensor([[3.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    gone = torch.tensor([[1.0], [0.0], [1.0]])
    schedule.look(0, *products(J, J * gone))
    assert schedule.shares(0)[1].item() == pytest.approx(1 / 3)
    assert schedule.shares(0)[0] > schedule.shares(0)[2]
    nothing = torch.full((3, 3), NAN)
    before = schedule.shares(0)
    schedule.look(0, nothing, nothing, nothing)
    assert torch.equal(schedule.shares(0), before)


def test_without_gradients_shares_stay_alike_and_a_lost_share_can_come_back():
    schedule = begun("pike", PAIR)
    schedule.look(0, *(torch.zeros(2, 2),) * 3)
    assert schedule.shares(0).tolist() == [0.5, 0.5]
    extreme = begun("pike", PAIR, floor=0.0, zeta1=1e4)
    J = torch.diag(torch.tensor([1.0, 0.1]))
    extreme.look(0, *products(J, J))
    assert extreme.shares(0).tolist() == [1, 0]
    for _ in range(3):
        extreme.look(0, *products(J.flip(0), J.flip(0)))
    assert torch.isfinite(extreme.shares(0)).all()
    assert extreme.shares(0).sum().item() == pytest.approx(1)


def test_balanced_looks_at_the_losses():
    schedule = begun("pike", PAIR, balanced=True, tau=2.0, zeta1=0.0, zeta2=0.0)
    assert schedule.shares(0).tolist() == [0.5, 0.5]
    schedule.watch(0, [0, 1], torch.tensor([1.0, 3.0]))
    schedule.watch(1, [0], torch.tensor([2.0]))
    assert schedule.shares(2).tolist() == [0.5, 0.5]  # read at the next look
    schedule.look(2, *(torch.eye(2),) * 3)
    torch.testing.assert_close(schedule.shares(2), (2.0 * torch.tensor([1.5, 3.0]).double()).softmax(0))
    schedule.watch(3, [1], torch.tensor([NAN]))
    schedule.look(4, *(torch.eye(2),) * 3)
    torch.testing.assert_close(schedule.shares(4), (2.0 * torch.tensor([1.5, 3.0]).double()).softmax(0))


def test_what_it_cannot_work_with():
    with pytest.raises(wb.WorkbenchError, match="sets the weights through the batch and needs weighting 'equal'"):
        SPEC.replace(schedule="pike", weighting="dwa")
    with pytest.raises(wb.WorkbenchError, match="needs gradients 'exact', found 'representation'"):
        SPEC.replace(schedule="pike", gradients="representation")
    with pytest.raises(wb.WorkbenchError, match="batch_size of at least 2, found 1"):
        SPEC.replace(schedule="pike", batch_size=1)


# ---------------------------------------------------------------- two tasks with a known best mix

ETA, BATCH, STEPS, START = 0.1, 16, 60, torch.tensor([3.0, 1.0], dtype=torch.float64)


def best_share(theta, sigma):
    """The share of the first task that lowers the mean of ``L₁ + L₂`` most in the next step, ``[...]``.

    ``L_k = ½ θ_k²``, gradients with noise ``N(0, σ_k² I)`` per example.
    """
    one, two = theta[..., 0] ** 2, theta[..., 1] ** 2
    noise = (sigma[1] ** 2 - sigma[0] ** 2) / BATCH
    return ((noise + (one - two) / ETA + two) / (one + two)).clamp(0, 1)


def moved(theta, share, sigma, generator):
    """A step on a batch of which the first task has this share."""
    mix = torch.stack([share, 1 - share], -1)
    noise = ((mix * torch.tensor(sigma, dtype=torch.float64) ** 2).sum(-1, keepdim=True) / BATCH).sqrt()
    return theta - ETA * (mix * theta + noise * torch.randn(theta.shape, generator=generator, dtype=torch.float64))


def reached(rule, sigma, runs=20_000):
    """Mean of ``L₁ + L₂`` after all steps, ``rule(theta)`` giving the share of the first task."""
    theta, generator = START.repeat(runs, 1), torch.Generator().manual_seed(0)
    for _ in range(STEPS):
        theta = moved(theta, rule(theta), sigma, generator)
    return 0.5 * theta.square().sum(1).mean().item()


def adaptive(sigma, runs, **settings):
    """The same for the schedule, looking at every step; with its standard error."""
    found, generator = [], torch.Generator().manual_seed(1)
    for _ in range(runs):
        theta, schedule = START.clone(), begun("pike", PAIR, every=1, **settings)
        for step in range(STEPS):
            if schedule.due(step):
                one, two = halves(torch.diag(theta), sigma, BATCH, generator)
                schedule.look(step, *products(one[0], two[0]))
            theta = moved(theta, schedule.shares(step)[0], sigma, generator)
        found.append(0.5 * theta.square().sum())
    losses = torch.stack(found)
    return losses.mean().item(), losses.std().item() / math.sqrt(runs)


def static(sigma):
    """What each fixed mix reaches."""
    return {m / 10: reached(lambda theta, m=m: torch.full((len(theta),), m / 10).double(), sigma) for m in range(11)}


@pytest.mark.parametrize("theta", [(3.0, 1.0), (1.0, 1.0), (0.2, 0.3), (0.05, 0.0)])
@pytest.mark.parametrize("sigma", [(1.0, 1.0), (3.0, 0.3)])
def test_the_best_share_is_that_of_the_mean_after_a_step(theta, sigma):
    grid, theta = torch.linspace(0, 1, 10_001).double(), torch.tensor(theta).double()
    noise = (grid * sigma[0] ** 2 + (1 - grid) * sigma[1] ** 2) / BATCH
    after = (theta[0] * (1 - ETA * grid)) ** 2 + (theta[1] * (1 - ETA * (1 - grid))) ** 2 + 2 * ETA**2 * noise
    assert best_share(theta, sigma).item() == pytest.approx(grid[after.argmin()].item(), abs=1e-3)


def test_where_noise_differs_the_rule_beats_every_fixed_mix():
    sigma = (3.0, 0.3)
    best = min(static(sigma).values())
    found, error = adaptive(sigma, 300)
    assert reached(lambda theta: best_share(theta, sigma), sigma) < 0.7 * best
    assert found + 2 * error < best


def test_without_a_floor_the_rule_is_worse_than_equal_shares_and_with_it_about_the_best_fixed_mix():
    sigma = (1.0, 1.0)
    mixes = static(sigma)
    found, error = adaptive(sigma, 40, floor=0.0)
    assert found - 3 * error > 2 * mixes[0.5]
    found, error = adaptive(sigma, 100)
    assert found + 2 * error < mixes[0.5]
    assert found == pytest.approx(min(mixes.values()), abs=3 * error)
