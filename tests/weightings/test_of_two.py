"""The short ways for two tasks give what the general ones give."""

import numpy as np
import pytest

from workbench.weightings import get
from workbench.weightings.gramian import cagrad
from workbench.weightings.gramian.fairgrad import fair

NOISE = 8 * np.finfo(float).eps


def pairs(count=300):
    """Gramians of two gradients: any, of different lengths, nearly opposite."""
    rng = np.random.default_rng(0)
    for number in range(count):
        J = rng.normal(size=(2, 4))
        if number % 3 == 1:
            J *= 10.0 ** rng.uniform(-8, 8, size=(2, 1))
        elif number % 3 == 2:
            J[1] = -J[0] + 10.0 ** rng.uniform(-3, 0) * rng.normal(size=4)
        yield J @ J.T


@pytest.mark.parametrize("q", [0.1, 0.5, 1.0, 2.0])
def test_fair_division_between_two_is_that_among_three_of_whom_one_is_zero(q):
    for G in pairs():
        among_three = fair(np.pad(G, (0, 1)), NOISE, q)
        assert fair(G, NOISE, q) == pytest.approx(among_three[:2], rel=1e-6)


@pytest.mark.parametrize("q", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("length", [1.0, 1e-3, 1e-10, 1e10])
def test_no_division_between_opposite_gradients_of_any_length(q, length):
    rng = np.random.default_rng(1)
    for _ in range(50):
        g = rng.normal(size=4)
        J = np.stack([g, -length * g])
        assert fair(J @ J.T, NOISE, q).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("c", [0.0, 0.4, 0.9, 2.0])
def test_cagrad_of_two_is_the_minimum(c):
    """No point of a fine grid, denser at the ends, is better."""
    ends = np.logspace(-12, np.log10(0.5), 4000)
    t = np.concatenate([[0.0], ends, 1 - ends, [1.0]])
    grid = np.stack([t, 1 - t], 1)
    for G in pairs():
        G = G / G.diagonal().max()
        mean = np.full(2, 0.5)
        radius = c * np.sqrt(mean @ G @ mean)

        def aim(w, G=G, mean=mean, radius=radius):
            return w @ G @ mean + radius * np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", w, G, w), 0.0))

        found = cagrad._weights(G, c) - mean
        if c and found.sum() > 0:
            assert aim(found / found.sum()) <= aim(grid).min() + 1e-12 * aim(mean)


def test_pcgrad_of_a_batch_is_that_of_each():
    import torch

    G = torch.from_numpy(np.stack(list(pairs(30))))
    assert torch.equal(get("pcgrad")(G), torch.stack([get("pcgrad")(one) for one in G]))
    wanted = 1 - G[:, :1, 1].clamp(max=0) / torch.diagonal(G, dim1=1, dim2=2)
    assert torch.allclose(get("pcgrad")(G), wanted, rtol=1e-12)
