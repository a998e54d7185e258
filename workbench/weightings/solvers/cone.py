"""Quadratic problems over a cone or the simplex, solved exactly by Lawson and Hanson's active set (scipy's nnls)."""

import numpy as np
from scipy.optimize import nnls

from workbench.weightings.solvers.scaling import cosines, over, root


def shortest_above(C: np.ndarray, least: np.ndarray) -> np.ndarray:
    """For each row of ``least [M, K]`` the ``y ≥ least`` with the smallest ``yᵀCy``; then ``Cy ≥ 0``.

    Args:
        C: cosine matrix ``[K, K]``; rows and columns of zero gradients are zero.
        least: at least 0.
    """
    there = C.diagonal() > 0  # nnls stops early at a zero column, and breaks on none
    if not there.any():
        return least
    A = root(C[np.ix_(there, there)])
    y = least.copy()
    for row, low in zip(y, least[:, there], strict=True):
        row[there] += nnls(A, -(A @ low), maxiter=100 * len(C))[0]
    return y


def shortest_on_simplex(G: np.ndarray) -> np.ndarray:
    """The ``w`` on the simplex that minimises ``wᵀGw``, exact at any scale of the rows.

    With ``G = diag(n) C diag(n)``, ``C = AᵀA`` and ``y = nw``: the non-negative least squares problem
    ``min ‖Ay‖² + (c Σ y_i/n_i − 1)²`` has its solution on the ray of the wanted ``y``, for any ``c > 0``.
    """
    C, n, _ = cosines(G)
    if not n.all():
        return (n == 0) / np.count_nonzero(n == 0)  # a zero gradient is the shortest combination
    A = np.vstack([root(C), n.min() / n])
    y, _ = nnls(A, np.append(np.zeros(len(n)), 1.0), maxiter=100 * len(n))
    w = over(y, n)
    return w / w.sum()
