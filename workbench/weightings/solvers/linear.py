"""A linear problem over part of the simplex: K numbers, float64, on the host."""

import numpy as np
from scipy.optimize import nnls

#: rounding of entries of about 1
TOLERANCE = 1e-11


def best_on_simplex(c: np.ndarray, B: np.ndarray, *, rounds: int = 500) -> np.ndarray | None:
    """Maximise ``cᵀw`` over ``{w ≥ 0, Σw = 1, Bw ≥ 0}`` by the dual simplex method, exactly.

    It starts at the corner with the largest ``c_i``, the best without ``B``, and exchanges one variable for another
    until no row of B is violated. Where several w are best it gives the one nearest to equal weights, so that the
    order of the tasks decides nothing.

    Args:
        c: ``[K]``; its scale does not matter.
        B: ``[M, K]``; the scale of a row does not matter.
        rounds: most exchanges.

    Returns:
        ``w [K]``, or None where nothing satisfies ``Bw ≥ 0`` (or, to rounding, no answer is found).
    """
    K = len(c)
    c = c / (np.abs(c).max() or 1.0)
    size = np.abs(B).max(1, initial=0.0)
    B = B[size > 0] / size[size > 0, None]
    first = int(np.argmax(c))
    # basic variables (w_first, then s = Bw) and, last, the value as functions of 1 and the other variables
    table = np.vstack([-np.ones(K), B - B[:, [first]], c - c[first]])
    table[:, first] = [1.0, *B[:, first], c[first]]
    table[:, [0, first]] = table[:, [first, 0]]
    inside = [first, *range(K, K + len(B))]
    outside = [-1, *range(1, K)]
    if first:
        outside[first] = 0
    for _ in range(rounds):
        row = int(np.argmin(table[:-1, 0]))
        if table[row, 0] >= -TOLERANCE:
            break
        rising = table[row] > TOLERANCE
        rising[0] = False
        if not rising.any():
            return None
        slope = np.divide(table[-1], table[row], out=np.full(K, -np.inf), where=rising)
        column = int(np.argmax(slope))
        inside[row], outside[column] = outside[column], inside[row]
        pivot, old = table[row, column], table[:, column].copy()
        new = table[row] / -pivot
        new[column] = 1 / pivot
        table[:, column] = 0
        table += old[:, None] * new
        table[row] = new
    else:
        return None
    weights = np.zeros((K, K))  # w as a function of 1 and the variables outside
    for place, variable in enumerate(inside):
        if variable < K:
            weights[variable] = table[place]
    for place, variable in enumerate(outside):
        if 0 <= variable < K:
            weights[variable, place] = 1.0
    free = table[-1] >= -TOLERANCE  # they may grow without lowering the value
    free[0] = False
    w = weights[:, 0]
    if free.any():
        w = w + weights[:, free] @ _nearest(weights[:, free], 1 / K - w, table[:-1, free], table[:-1, 0])
    w = np.maximum(w, 0.0)
    return w / w.sum()


def _nearest(A: np.ndarray, f: np.ndarray, H: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The x that minimises ``‖Ax − f‖`` with ``x ≥ 0`` and ``Hx + h ≥ 0`` (Lawson and Hanson, chapter 23)."""
    Q, R = np.linalg.qr(A)
    E = np.vstack([np.eye(A.shape[1]), H]) @ np.linalg.inv(R)
    start = Q.T @ f
    least = -np.append(np.zeros(A.shape[1]), h) - TOLERANCE - E @ start  # wider by rounding: no point is lost
    wide = np.vstack([E.T, least])
    u, _ = nnls(wide, np.append(np.zeros(len(start)), 1.0), maxiter=100 * wide.shape[1])
    rest = wide @ u
    return np.linalg.solve(R, start + rest[:-1] / (1 - rest[-1]))
