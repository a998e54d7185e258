"""Small problems are solved on the host: one transfer there and one back, in float64."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError


class NotFinite(WorkbenchError):
    """Task gradients that no weighting can weigh: one is infinite or NaN, or so long that its square is.

    Attributes:
        rows: which, where that is known.
    """

    def __init__(self, rows: Sequence[int] = ()) -> None:
        super().__init__("A gramian should hold finite numbers; found infinity or NaN: a gradient has overflowed.")
        self.rows = list(rows)


def check_finite(G: Tensor) -> None:
    """That a gramian ``[K, K]`` on the CPU holds numbers.

    Raises:
        NotFinite: it does not.
    """
    if not bool(torch.isfinite(G).all()):
        raise NotFinite((~torch.isfinite(G.diagonal())).nonzero().flatten().tolist())


def on_host(G: Tensor, solve: Callable[..., Any], *more: Any, batched: bool = False) -> Tensor:
    """Apply ``solve(G[K, K], *more) -> w[K]`` to each matrix of a batch.

    Args:
        G: ``[..., K, K]``, or ``[..., K, K + 1]`` with the losses as last column (``with_losses``).
        solve: works in float64.
        more: further arguments of ``solve``.
        batched: ``solve`` takes the whole batch ``[B, K, K]`` at once.

    Returns:
        The weights ``[..., K]`` in the type of ``G``, its largest number where they exceed it; NaN for a matrix that
        holds infinity or NaN.
    """
    matrices = G.detach().to("cpu", torch.float64).numpy()
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    finite = np.isfinite(flat).all((1, 2))
    weights = np.full(flat.shape[:2], np.nan)
    if finite.any():
        known = flat[finite]
        weights[finite] = solve(known, *more) if batched else [solve(matrix, *more) for matrix in known]
    limit = torch.finfo(G.dtype).max
    return torch.from_numpy(weights.reshape(matrices.shape[:-1])).clamp(-limit, limit).to(G)


def with_losses(G: Tensor, losses: Tensor) -> Tensor:
    """``G`` with the losses as one more column, so that both cross in one transfer."""
    return torch.cat([G.detach(), losses.detach().to(G)[..., None]], -1)


def noise(G: Tensor) -> float:
    """Rounding of a cosine matrix made from ``G``, relative to 1: what lies below it is not known."""
    return 4 * G.shape[-2] * torch.finfo(G.dtype).eps
