"""CKA and RSA: invariances, agreement with direct formulas, and the jackknife."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import workbench as wb
from workbench.affinities.cka import CKA
from workbench.affinities.rsa import RSA


def features(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def value(measure, x, y):
    return measure.estimate({"x": x, "y": y}).matrix[0, 1].item()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 60), st.floats(0.01, 100))
def test_cka_is_blind_to_rotation_scale_and_shift(seed, d, scale):
    x, y = features(50, d, seed), features(50, 7, seed + 1)
    turn = torch.linalg.qr(features(d, d, seed + 2))[0]
    assert value(CKA(), scale * x @ turn + 3, y) == pytest.approx(value(CKA(), x, y), abs=1e-8)
    assert value(CKA(), x, scale * x @ turn) == pytest.approx(1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_rsa_is_blind_to_scale_and_to_the_order_of_features(seed, scale):
    x, y = features(45, 6, seed), features(45, 7, seed + 1)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))
    assert value(RSA(), scale * x[:, order], y) == pytest.approx(value(RSA(), x, y), abs=1e-9)
    assert value(RSA(), x, scale * x) == pytest.approx(1)


@pytest.mark.parametrize("d", [5, 500])
def test_cka_of_unrelated_features_is_zero_on_average_even_with_more_features_than_inputs(d):
    found = [value(CKA(), features(60, d, 2 * s), features(60, d, 2 * s + 1)) for s in range(30)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 30**0.5
    assert abs(np.mean(found)) < 0.01


def test_cka_is_the_mean_over_quadruples_of_different_inputs():
    """HSIC₁ by its definition as a U-statistic, sums over different i, j, q, r."""
    n, x, y = 40, features(40, 3), features(40, 4, 1)
    x, y = x + y[:, :3], y

    def hsic(K, L):
        off = ~torch.eye(n, dtype=torch.bool)
        K, L = K * off, L * off
        pairs = (K * L).sum() / (n * (n - 1))
        paths = ((K @ L) * off).sum() / (n * (n - 1) * (n - 2))
        # all (i,j,q,r) different: every pair times every pair, less those that share one or two inputs
        four = (K.sum() * L.sum() - 4 * (K.sum(1) * L.sum(1)).sum() + 2 * (K * L).sum()) / (
            n * (n - 1) * (n - 2) * (n - 3)
        )
        return pairs - 2 * paths + four

    K, L = x @ x.T, y @ y.T
    expected = hsic(K, L) / (hsic(K, K) * hsic(L, L)).sqrt()
    assert value(CKA(), x, y) == pytest.approx(expected.item())


def test_rsa_is_spearman_between_dissimilarities():
    x, y = features(50, 8), features(50, 5, 1)
    x[:, :5] += y
    above = np.triu_indices(50, 1)
    expected = spearmanr((1 - np.corrcoef(x))[above], (1 - np.corrcoef(y))[above]).statistic
    assert value(RSA(), x, y) == pytest.approx(expected)


@pytest.mark.parametrize(("measure", "tolerance"), [(CKA(), 0.35), (RSA(), 0.35)])
def test_the_jackknife_tells_how_much_other_inputs_would_change(measure, tolerance):
    def drawn(seed):
        x = features(120, 6, seed)
        return measure.estimate({"x": x, "y": x + 1.5 * features(120, 6, seed + 1000)})

    found = [drawn(seed) for seed in range(60)]
    spread = np.std([estimate.matrix[0, 1] for estimate in found], ddof=1)
    assert np.mean([estimate.se[0, 1] for estimate in found]) == pytest.approx(spread, rel=tolerance)
    assert found[0].se.diagonal().tolist() == [0, 0]


@pytest.mark.parametrize("measure", [CKA(), RSA()])
def test_features_that_tell_nothing_apart(measure):
    x = features(50, 4)
    dead = measure.estimate({"x": x, "dead": torch.ones(50, 4)})
    assert bool(dead.matrix[0, 1].isnan())
    x[7] = 0  # one input that leaves the network cold
    assert value(measure, x, features(50, 3, 1)) == pytest.approx(0, abs=0.5)


def test_too_few_inputs():
    with pytest.raises(wb.WorkbenchError, match="40 inputs at least, found 30"):
        CKA().estimate({"x": features(30, 4), "y": features(30, 4)})
