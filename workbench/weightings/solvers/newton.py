"""Damped Newton for bargaining problems: K numbers, float64, on the host."""

from math import exp, expm1, inf, log

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


def bargain_of_two(c: float, lift: float, p: tuple[float, float], q: float) -> tuple[float, float]:
    """The same for ``C = [[1 + lift, c], [c, 1 + lift]]``, in Python's own numbers: one equation in ``t = log y₂/y₁``.

    ``log (c + ar)/(a + cr) + qt = log p₂/p₁`` with ``r = eᵗ``, ``a = 1 + lift``; its left side rises, by q at least.
    """
    if p[1] < p[0]:
        second, first = bargain_of_two(c, lift, (p[1], p[0]), q)
        return first, second
    a, near, goal = 1 + lift, (1 + c) + lift, log(p[1] / p[0])
    low, high = 0.0, goal / q
    if c < 0:
        high = min(high, log(a / -c))
    t = min(goal / (1 + q), (low + high) / 2)
    for _ in range(100):
        grown = expm1(t)
        first, second = near + c * grown, near + a * grown  # a + cr and c + ar
        excess = (log(second / first) if first > 0 else inf) + q * t - goal
        low, high = (low, t) if excess > 0 else (t, high)
        step = excess / ((1 + grown) * (a - c) * near / (first * second) + q) if first > 0 else inf
        before, t = t, t - step if low <= t - step <= high else (low + high) / 2
        if abs(t - before) <= 1e-15 * (1 + goal):
            break
    r = exp(t)
    y = (p[1] * r / (near + a * expm1(t))) ** (1 / (1 + q))  # by the second equation, where nothing cancels
    return y / r, y
