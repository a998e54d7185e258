"""The small linear problem against a general solver, and the directions spread over the positive part of space."""

import math

import numpy as np
import pytest
from scipy.optimize import linprog

from workbench.weightings.solvers.directions import spread
from workbench.weightings.solvers.linear import best_on_simplex


def general(c, B):
    """The same problem through HiGHS: its best value, or None."""
    found = linprog(-c, A_ub=-B, b_ub=np.zeros(len(B)), A_eq=np.ones((1, len(c))), b_eq=[1.0], method="highs")
    return -found.fun if found.status == 0 else None


@pytest.mark.parametrize("whole", [False, True], ids=["real numbers", "small whole numbers with many ties"])
@pytest.mark.parametrize("K", [2, 3, 5, 8, 20])
def test_best_on_simplex_against_a_general_solver(K, whole):
    rng = np.random.default_rng(K)
    answered = 0
    for _ in range(60):
        c, B = rng.normal(size=K), rng.normal(size=(rng.integers(1, K + 2), K)) + rng.choice([0, 0.5])
        if whole:
            c, B = c.round(), B.round()
        w, best = best_on_simplex(c, B), general(c, B)
        assert (w is None) == (best is None)
        if w is not None:
            assert c @ w == pytest.approx(best, abs=1e-9)
            assert (B @ w).min() >= -1e-10
            assert w.min() >= 0
            assert w.sum() == pytest.approx(1)
            order = rng.permutation(K)
            assert np.allclose(best_on_simplex(c[order], B[::-1][:, order]), w[order], atol=1e-8)
            answered += 1
    assert answered > 10


def test_of_several_best_the_nearest_to_equal_weights():
    assert np.allclose(best_on_simplex(np.ones(3), np.zeros((0, 3))), 1 / 3)
    assert np.allclose(best_on_simplex(np.array([1.0, 1.0, 0.0]), np.zeros((0, 3))), [0.5, 0.5, 0])
    # w_1 = w_2 is forced by a pair of opposite rows
    pair = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]])
    assert np.allclose(best_on_simplex(np.array([1.0, 0.0, 0.0]), pair), [0.5, 0.5, 0])


def test_nothing_satisfies_the_constraints():
    assert best_on_simplex(np.ones(2), np.array([[-1.0, -2.0]])) is None


def test_scales_of_value_and_rows_do_not_matter():
    rng = np.random.default_rng(1)
    c, B = rng.normal(size=5), rng.normal(size=(4, 5)) + 0.5
    scaled = B * np.array([[1e-200], [1e200], [1.0], [1e-20]])
    assert np.allclose(best_on_simplex(c * 1e-150, scaled), best_on_simplex(c, B), atol=1e-12)


@pytest.mark.parametrize(
    ("K", "number", "count"), [(2, 5, 5), (2, 8, 8), (3, 5, 4), (3, 10, 10), (4, 35, 35), (8, 36, 37)]
)
def test_spread(K, number, count):
    vectors = spread(K, number)
    assert vectors.shape == (count, K)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors.min() >= 0
    assert len(np.unique(vectors.round(9), axis=0)) == count
    turned = np.roll(vectors, 1, axis=1).round(9)
    assert {tuple(v) for v in turned} == {tuple(v) for v in vectors.round(9)}


def test_spread_of_two_has_equal_angles():
    angles = np.arctan2(*spread(2, 7).T[::-1])
    assert np.allclose(np.diff(angles), math.pi / 12)
