"""Numbers near one: cosines and relative norms, so that no tolerance is ever absolute."""

import numpy as np
import torch
from torch import Tensor


def cosines(G: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split ``G[..., K, K]`` into ``scale · diag(n) C diag(n)``.

    Returns:
        ``C [..., K, K]``, the cosine matrix, its rows and columns zero where a gradient is zero;
        ``n [..., K]``, gradient norms relative to the longest; ``scale [...]``, the longest norm.
    """
    norms = np.sqrt(np.maximum(np.diagonal(G, axis1=-2, axis2=-1), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(norms > 0, 1.0 / norms, 0.0)
    C = np.clip(G * inverse[..., None] * inverse[..., None, :], -1.0, 1.0)
    scale = norms.max(-1)
    n = norms / np.where(scale > 0, scale, 1.0)[..., None]
    return C, n, scale


def over(y: np.ndarray, n: np.ndarray) -> np.ndarray:
    """``y / n``, and 0 where ``n`` is 0: weights of unit gradients as weights of the gradients themselves."""
    return np.divide(y, n, out=np.zeros_like(y), where=n > 0)


def lifted(C: np.ndarray, noise: float) -> np.ndarray:
    """``C`` with its smallest eigenvalue raised to ``noise`` by a multiple of the identity, where it is below."""
    low = np.linalg.eigvalsh(C)[..., 0]
    return C + np.maximum(noise - low, 0.0)[..., None, None] * np.eye(C.shape[-1])


def pseudo_solve(C: np.ndarray, right: np.ndarray, noise: float) -> np.ndarray:
    """``C⁺ right`` for symmetric ``C[..., K, K]``; eigenvalues below ``noise`` times the largest count as zero."""
    values, vectors = np.linalg.eigh(C)
    kept = values > noise * np.maximum(values[..., -1:], 0.0)
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept & (values > 0))
    return np.einsum("...ij,...j,...kj,...k->...i", vectors, inverse, vectors, right)


def root(C: np.ndarray) -> np.ndarray:
    """A matrix ``A`` with ``AᵀA = C`` for symmetric ``C[K, K]``; negative eigenvalues count as zero."""
    values, vectors = np.linalg.eigh(C)
    return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


def ratio(a: Tensor, b: Tensor) -> Tensor:
    """``a / b``, and 0 where ``b`` is not positive."""
    return torch.where(b > 0, a / torch.where(b > 0, b, 1.0), 0.0)
