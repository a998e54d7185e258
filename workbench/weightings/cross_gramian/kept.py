"""Weights on the simplex that are moved a little at every step."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from workbench.weightings.base import CrossGramianWeighting
from workbench.weightings.memory import fitted, places


class KeptOnSimplex(CrossGramianWeighting):
    """Base: keeps a point of the simplex for every task, and moves that of the present tasks.

    The weights of the tasks that are present sum to 1; those of absent tasks wait as they are.
    """

    memory: ClassVar[tuple[str, ...]] = ("weights",)

    def reset(self, seed: int = 0) -> None:
        self.weights = torch.ones(len(self.names), dtype=torch.float64)

    def moved(self, w: np.ndarray, A: np.ndarray) -> np.ndarray:
        """The next point.

        Args:
            w: on the simplex, ``[..., K]``.
            A: ``[..., K, K]``, float64.
        """
        raise NotImplementedError

    def told(self, w: np.ndarray) -> np.ndarray:
        """The weights of the update, given the point."""
        return w

    def __call__(self, A: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        K = A.shape[-1]
        self.weights = fitted(self.weights, A, len(self.names), 1.0)
        at = places(A, tasks)
        share = self.weights[..., at].cpu()
        total = share.sum(-1, keepdim=True)
        whole = torch.where(total > 0, share / torch.where(total > 0, total, 1.0), 1.0 / K)
        w = self.moved(whole.numpy(), A.detach().to("cpu", torch.float64).numpy())
        self.weights[..., at] = torch.from_numpy(w * np.where(total > 0, total, K)).to(self.weights)
        return torch.from_numpy(self.told(w)).to(A)
