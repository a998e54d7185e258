"""Small solvers over the simplex: K numbers, float64, on the host, tolerances relative to the matrix."""

from math import sqrt

import numpy as np


def min_on_simplex(
    G: np.ndarray,
    linear: np.ndarray | None = None,
    root: float | None = None,
    *,
    tolerance: float = 1e-12,
    rounds: int = 2000,
) -> np.ndarray:
    """Minimise ``linearᵀw + ½wᵀGw`` (``root`` None) or ``linearᵀw + root·√(wᵀGw)`` over the simplex, pair by pair.

    Sequential minimal optimisation: the pair of coordinates that violates optimality most is moved by an exact line
    search in closed form, until the violation is below ``tolerance`` times the size of the gradient.

    Args:
        G: positive semidefinite, ``[K, K]``, scaled to a largest diagonal entry of about 1.
        linear: ``[K]``; None: zeros.
        root: factor of the root, at least 0; None: no root.
        tolerance: relative to the largest entry of the gradient.
        rounds: most pair moves per coordinate.

    Returns:
        ``w [K]``, at least 0, summing to 1.
    """
    K = len(G)
    tilt = np.zeros(K) if linear is None else linear
    w = np.full(K, 1.0 / K)
    Gw = G @ w
    for _ in range(rounds * K):
        square = max(float(w @ Gw), 0.0)
        if root is None:
            gradient = tilt + Gw
        elif square > 0:
            gradient = tilt + root * Gw / sqrt(square)
        else:
            break
        up = int(np.argmin(gradient))
        down = int(np.argmax(np.where(w > 0, gradient, -np.inf)))
        if gradient[down] - gradient[up] <= tolerance * float(np.abs(gradient).max()):
            break
        slope = float(Gw[up] - Gw[down])  # of ½wᵀGw along e_up − e_down
        bend = float(G[up, up] + G[down, down] - 2 * G[up, down])
        along = float(tilt[up] - tilt[down])
        if root is None:
            step = -(slope + along) / bend if bend > 0 else float("inf")
        else:
            step = root_step(along, root, square, slope, bend)
        step = min(step, float(w[down]))
        if step <= 0:
            break
        w[up] += step
        w[down] = 0.0 if step == w[down] else w[down] - step
        Gw += step * (G[:, up] - G[:, down])
    return w


def root_step(tilt: float, root: float, square: float, slope: float, bend: float) -> float:
    """The t that minimises ``tilt·t + root·√(square + 2·slope·t + bend·t²)``; infinite where it falls for ever."""
    flat = root * root * bend - tilt * tilt
    if flat <= 0 or bend <= 0:
        return float("inf")
    rest = max(square - slope * slope / bend, 0.0)
    return (-slope - tilt * sqrt(rest * bend / flat)) / bend


def frank_wolfe_on_simplex(G: np.ndarray, *, rounds: int = 250) -> np.ndarray:
    """Minimise ``wᵀGw`` over the simplex by moves towards one corner, each with exact line search (slow at the end).

    Args:
        G: positive semidefinite, ``[K, K]``.
        rounds: most moves; Sener and Koltun's code takes 250.
    """
    K = len(G)
    w = np.full(K, 1.0 / K)
    for _ in range(rounds):
        Gw = G @ w
        corner = int(np.argmin(Gw))
        here, across, there = float(w @ Gw), float(Gw[corner]), float(G[corner, corner])
        bend = here + there - 2 * across
        if here - across <= 1e-12 * abs(here) or bend <= 0:
            break
        step = min((here - across) / bend, 1.0)
        w *= 1 - step
        w[corner] += step
    return w
