"""Cosines between task gradients, from their Gramian."""

import torch
from torch import Tensor


def cosines(G: Tensor) -> Tensor:
    """``C_ij = G_ij / √(G_ii G_jj)`` in −1 … 1, ``[..., K, K]``; NaN where a gradient is zero or not there."""
    norms = G.diagonal(dim1=-2, dim2=-1).clamp(min=0).sqrt()
    found = (G / norms[..., None] / norms[..., None, :]).clamp(-1, 1)
    there = norms > 0
    return torch.where(there[..., None] & there[..., None, :], found, torch.nan)
