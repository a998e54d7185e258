"""Toys against their formulas, landmarks and analytic fronts."""

import math

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.toys import TOYS, Toy, get, hypervolume


def points(*rows):
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_is_whole(name):
    toy = get(name)
    assert toy.summary().endswith(".")
    assert toy.starts.shape[1] == toy.dims
    batch = toy.starts.expand(2, 3, *toy.starts.shape)
    losses, J = toy.jacobian(batch)
    assert losses.shape == batch.shape[:-1] + (2,)
    assert J.shape == batch.shape[:-1] + (2, toy.dims)
    assert torch.equal(losses[1, 2], toy.losses(toy.starts))
    assert (losses >= torch.tensor(toy.lower)).all()


@pytest.mark.parametrize("name", TOYS)
def test_the_jacobian_is_the_slope(name):
    toy = get(name)
    x = toy.starts + 0.01
    J = toy.jacobian(x)[1]
    for i in range(toy.dims):
        step = torch.zeros(toy.dims, dtype=torch.float64)
        step[i] = 1e-6
        slope = (toy.losses(x + step) - toy.losses(x - step)) / 2e-6
        assert torch.allclose(J[..., i], slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", TOYS)
def test_nothing_near_dominates_the_front(name):
    """10,000 points around the Pareto set: none is better than a point of it in both losses."""
    toy = get(name)
    generator = torch.Generator().manual_seed(0)
    best = toy.pareto_set(101)
    x = best[torch.randint(len(best), (10_000,), generator=generator)]
    spread = 0.1 * (toy.view[1] - toy.view[0])
    x = x + spread * torch.randn(x.shape, generator=generator, dtype=torch.float64)
    x = x if toy.box is None else x.clamp(*toy.box)
    better = toy.losses(x)[:, None] < toy.front(101) - 1e-9
    assert not better.all(-1).any()


def test_cagrad_formula_as_printed():
    def printed(x1, x2, s):
        A = math.log(max(abs(0.5 * (-x1 - 7) - math.tanh(-x2)), 5e-6)) + 6
        B = math.log(max(abs(0.5 * (-x1 + 3) + math.tanh(-x2) + 2), 5e-6)) + 6
        P = ((-x1 + 7) ** 2 + 0.1 * (-x2 - 8) ** 2) / 10 - 20
        Q = ((-x1 - 7) ** 2 + 0.1 * (-x2 - 8) ** 2) / 10 - 20
        c1, c2 = max(math.tanh(0.5 * x2), 0), max(math.tanh(-0.5 * x2), 0)
        return [s * (A * c1 + P * c2), B * c1 + Q * c2]

    for x1 in (-8.5, -5.0, 0.0, 6.3):
        for x2 in (-9.0, -0.5, 0.0, 3.0):
            found = get("cagrad", s=0.1).losses(points(x1, x2)).tolist()
            assert found == pytest.approx(printed(x1, x2, 0.1), abs=1e-12)


def test_cagrad_slope_is_that_of_autograd():
    toy = get("cagrad", s=0.1)
    x = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 8
    assert torch.allclose(toy.jacobian(x)[1], Toy.jacobian(toy, x)[1], rtol=1e-12, atol=1e-12)


def test_cagrad_start_on_the_edge_moves():
    """At x₂ = 0 the slopes of both halves act: ½ (A − P) and ½ (B − Q) along x₂, nothing along x₁."""
    toy = get("cagrad", s=0.1)
    A = B = math.log(3.5) + 6
    P = Q = (49 + 6.4) / 10 - 20
    slope = toy.jacobian(points([0, 0]))[1][0]
    assert torch.allclose(slope, points([0, 0.05 * (A - P)], [0, 0.5 * (B - Q)]))


@pytest.mark.parametrize("s", [1.0, 0.1])
def test_cagrad_landmarks(s):
    toy = get("cagrad", s=s)
    first, second = toy.minimum((1, 0)), toy.minimum((0, 1))
    assert torch.allclose(first, points([7, -8.43446]), atol=5e-6)
    assert torch.allclose(second, points([-7, -8.43446]), atol=5e-6)
    assert toy.losses(first)[0].item() == pytest.approx(-19.989425 * s, abs=5e-7)
    assert toy.losses(second)[1].item() == pytest.approx(-19.989425, abs=5e-7)


def test_cagrad_minimum_of_the_mean():
    toy = get("cagrad")
    middle = toy.minimum((0.5, 0.5))
    assert torch.allclose(middle, points([0, -8.35510]), atol=5e-6)
    assert toy.losses(middle).mean().item() == pytest.approx(-15.091638, abs=5e-7)
    assert get("cagrad", s=0.1).minimum((1, 1))[0].item() == pytest.approx(-5.73, abs=0.005)


def test_cagrad_minima_are_the_lowest_of_a_fine_grid():
    toy = get("cagrad")
    axis = torch.linspace(-11, 11, 1101, dtype=torch.float64)
    grid = toy.losses(torch.cartesian_prod(axis, axis))
    for weights in [(1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.8, 0.2)]:
        w = torch.tensor(weights, dtype=torch.float64)
        assert (grid @ w).min() >= toy.losses(toy.minimum(weights)) @ w


def test_the_pareto_set_of_quadratics_is_stationary():
    toy = get("two_quadratics", A=[[2.0, 0.5], [0.5, 1.0]], B=[[1.0, -0.3], [-0.3, 3.0]])
    J = toy.jacobian(toy.pareto_set(11))[1]
    alpha = torch.linspace(0, 1, 11, dtype=torch.float64)
    mixed = alpha[:, None] * J[:, 0] + (1 - alpha[:, None]) * J[:, 1]
    assert mixed.abs().max() < 1e-12


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("zdt1", lambda f: 1 - f.sqrt()),
        ("zdt2", lambda f: 1 - f.square()),
        ("zdt3", lambda f: 1 - f.sqrt() - f * torch.sin(10 * torch.pi * f)),
        ("fonseca", lambda f: 1 - torch.exp(-((2 - (-torch.log1p(-f)).clamp(min=0).sqrt()) ** 2))),
        ("schaffer", lambda f: (2 - f.sqrt()) ** 2),
    ],
)
def test_analytic_fronts(name, curve):
    front = get(name).front(500)
    assert torch.allclose(front[:, 1], curve(front[:, 0]), atol=1e-9)


def test_zdt3_pieces_are_where_the_curve_is_a_record():
    first = torch.linspace(0, 1, 1_000_001, dtype=torch.float64)
    second = 1 - first.sqrt() - first * torch.sin(10 * torch.pi * first)
    record = second <= second.cummin(0).values
    ends = first[:-1][record[:-1] != record[1:]]
    expected = torch.tensor([edge for piece in get("zdt3").pieces for edge in piece][1:], dtype=torch.float64)
    assert torch.allclose(ends, expected, atol=2e-6)


@pytest.mark.parametrize(("name", "n"), [("zdt1", 30), ("zdt2", 30), ("fonseca", 20)])
def test_hypervolumes(name, n):
    wanted = {"zdt1": 0.8767, "zdt2": 0.5433, "fonseca": 0.5521}[name]
    assert hypervolume(get(name, n=n).front(20_001)).item() == pytest.approx(wanted, abs=1e-4)


def test_hypervolume_by_hand_in_any_order_and_batched():
    # steps at (.2, .8) and (.5, .5); one point dominated, one beyond the reference
    some = points([0.5, 0.5], [0.2, 0.8], [0.6, 0.9], [2.0, 0.1])
    area = (1.1 - 0.2) * (1.1 - 0.8) + (1.1 - 0.5) * (0.8 - 0.5)
    assert hypervolume(some).item() == pytest.approx(area)
    assert torch.allclose(hypervolume(torch.stack([some, some.flip(0)])), torch.tensor([area] * 2, dtype=torch.float64))
    assert hypervolume(some, (3.0, 3.0)).item() == pytest.approx(2.8 * 2.2 + 2.5 * 0.3 + 1.0 * 0.4)
    assert hypervolume(points([2.0, 2.0])).item() == 0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: get("cagrd"), "There is no toy 'cagrd': did you mean 'cagrad'?"),
        (lambda: get("cagrad", scale=2.0), "has no setting 'scale'"),
        (lambda: get("two_quadratics", A=[[1.0, 2.0], [2.0, 1.0]]), "A should be symmetric and positive definite"),
        (lambda: get("two_quadratics", B=[[1.0]]), "B should be two rows of two numbers"),
    ],
)
def test_faults_are_sentences(call, sentence):
    with pytest.raises(WorkbenchError) as error:
        call()
    assert sentence in str(error.value)
