"""Damped Newton for bargaining problems: K numbers, float64, on the host."""

import numpy as np


def bargain(C: np.ndarray, p: np.ndarray, q: float, *, tolerance: float = 1e-10, rounds: int = 500) -> np.ndarray:
    """The positive ``y`` with ``Cy = p / y^q``: the minimiser of ``½yᵀCy − Σ p_i φ(y_i)``, ``φ' = y^(−q)``.

    The problem is strictly convex. Where a full Newton step would lower some ``y_i`` by the share r, the curvature
    grows by at most ``(1 − tr)^(−1−q)`` along it, so the step ``t = (1 − (1 + qr)^(−1/q)) / r`` always descends and
    stays positive; near the solution it tends to 1.

    Args:
        C: positive definite with diagonal about 1, ``[K, K]``.
        p: positive, ``[K]``.
        q: above 0.
        tolerance: on each equation, relative to its right side (and never below rounding of its left side).
        rounds: most steps.
    """
    size = np.abs(C)
    y = p ** (1 / (1 + q))  # the solution for orthogonal gradients
    H = C.copy()
    diagonal = np.einsum("ii->i", H)
    own = np.diagonal(C)
    rounding = 4 * np.finfo(float).eps
    for _ in range(rounds):
        pull = p * y**-q
        gradient = C @ y - pull
        if (np.abs(gradient) <= tolerance * pull + rounding * (size @ y)).all():
            break
        diagonal[:] = own + q * pull / y
        step = np.linalg.solve(H, -gradient)
        r = float((-step / y).max())
        y = y + (step if r <= 0 else min(1 - (1 + q * r) ** (-1 / q), 0.99) / r * step)
    return y
