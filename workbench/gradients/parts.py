"""The jacobian of the task losses in parts: the columns of some parameters, kept in the cheapest form."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from workbench.gradients.layers import Call, filled, weight_gradients

#: how much smaller than those of single examples a task's squared gradient may be before the short way is imprecise
CANCELLED = 1e-3


class Part(ABC):
    """The columns of the jacobian that belong to some parameters.

    Attributes:
        parameters: whose gradients they are.
    """

    parameters: Sequence[Tensor]

    @property
    @abstractmethod
    def rows(self) -> Sequence[Tensor]:
        """The columns themselves, ``[K, size]`` for each parameter."""

    def gramian(self) -> Tensor:
        """What this part adds to ``G = JJᵀ``, ``[K, K]``."""
        return sum((block @ block.T for block in self.rows), torch.zeros(()))

    def combined(self, weights: Tensor) -> Sequence[Tensor]:
        """``wᵀJ`` for each parameter, ``[size]``."""
        return [weights @ block for block in self.rows]


class Rows(Part):
    """Columns that are there.

    Args:
        parameters: one or several.
        rows: ``[K, size]`` for each.
    """

    rows: Sequence[Tensor] = ()

    def __init__(self, parameters: Sequence[Tensor], rows: Sequence[Tensor]) -> None:
        self.parameters, self.rows = parameters, rows


class Products(Part):
    """The columns of a Linear layer as products that are never carried out.

    With input ``a [N, in]`` and cotangents ``δ_k [N, out]`` the gradient of the weight is ``δ_kᵀ a``, and together with
    the bias's ``⟨g_k, g_l⟩ = ⟨δ_k, (aaᵀ + 1) δ_l⟩``; ``Σ_k w_k g_k`` is the product of ``Σ_k w_k δ_k`` with ``a``.
    Shorter than K products where N is smaller than ``in``; less precise where the gradients of single examples cancel,
    so that the products are carried out after all where they do (``CANCELLED``).

    Args:
        call: of the layer.
        cotangents: per task, None: zero.
    """

    def __init__(self, call: Call, cotangents: Sequence[Tensor | None]) -> None:
        self.call = call
        self.parameters = [p for p in (call.layer.weight, call.layer.bias) if p is not None]
        self.input = call.input.reshape(-1, call.input.shape[-1])
        self.deltas = torch.stack(filled(cotangents)).view(len(cotangents), len(self.input), -1)  # [K, N, out]

    @property
    def rows(self) -> Sequence[Tensor]:  # type: ignore[override]
        return [rows for _, rows in weight_gradients(self.call, list(self.deltas))]

    def gramian(self) -> Tensor:
        pairs = self.input @ self.input.T
        if self.call.layer.bias is not None:
            pairs += 1
        flat = self.deltas.flatten(1)
        G = flat @ (pairs @ self.deltas).flatten(1).T
        examples = pairs.diagonal().mean() * torch.linalg.vector_norm(flat, dim=1).square()
        if bool((G.diagonal() < CANCELLED * examples).any()):
            return super().gramian()
        return (G + G.T) / 2

    def combined(self, weights: Tensor) -> Sequence[Tensor]:
        delta = torch.tensordot(weights, self.deltas, 1)
        found = [(delta.T @ self.input).flatten(), delta.sum(0)]
        return found[: len(self.parameters)]


def shorter(call: Call, tasks: int) -> bool:
    """Whether ``Products`` of this call take fewer multiplications than its weight gradients for every task."""
    if not isinstance(call.layer, nn.Linear) or not call.input.is_cpu:
        return False
    given, gives = call.layer.in_features, call.layer.out_features
    N = call.input.numel() // given
    return N * (given + tasks * gives) + given * gives < tasks * given * gives
