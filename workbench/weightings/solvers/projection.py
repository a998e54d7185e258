"""Euclidean projection onto the simplex."""

import numpy as np


def on_simplex(v: np.ndarray) -> np.ndarray:
    """The point of ``{w ≥ 0, Σw = 1}`` nearest to ``v``.

    With v sorted downwards, ``ρ`` the largest j with ``v_(j) > (Σ_{i≤j} v_(i) − 1) / j`` and
    ``τ = (Σ_{i≤ρ} v_(i) − 1) / ρ``, it is ``max(v − τ, 0)`` (Duchi et al., ICML 2008).

    Args:
        v: finite, ``[..., K]``.
    """
    v = v - v.max(-1, keepdims=True)  # a common shift changes nothing, and keeps large numbers exact
    down = -np.sort(-v, axis=-1)
    excess = (np.cumsum(down, -1) - 1) / np.arange(1, v.shape[-1] + 1)
    last = (down > excess).sum(-1, keepdims=True) - 1
    w = np.maximum(v - np.take_along_axis(excess, last, -1), 0)
    return w / w.sum(-1, keepdims=True)
