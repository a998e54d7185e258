"""Linear layers noted during a forward pass, so that all tasks' weight gradients come from one product.

A backward pass per task then only carries cotangents from layer to layer; the weight gradients ``δ_kᵀ a``, with input
``a`` and cotangents ``δ_k``, are taken for all tasks at once. (Convolutions gain nothing by it on a CPU: measured, one
convolution with K times the channels takes longer than K of them.)
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    Attributes:
        layer: the Linear.
        input: what it was given.
        edge: where its output hangs in the graph (valid even if the output is changed in place afterwards).
    """

    layer: nn.Linear
    input: Tensor
    edge: GradientEdge


class Layers:
    """The Linear layers of a model whose parameters are all shared, and their calls in the last noted forward pass.

    Args:
        model: the model; hooks are put on its layers, idle except while ``noting``.
        shared: its shared parameters.
    """

    def __init__(self, model: nn.Module, shared: Sequence[nn.Parameter]) -> None:
        self.calls: list[Call] = []
        self._noting = False
        known = {id(p) for p in shared if p.requires_grad}
        for layer in model.modules():
            # exactly nn.Linear: a subclass or a parametrization may use its parameters in another way
            if type(layer) is nn.Linear and all(id(p) in known for p in layer.parameters(recurse=False)):
                layer.register_forward_hook(self._note)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note the calls of one forward pass."""
        self.calls, self._noting = [], True
        try:
            yield
        finally:
            self._noting = False

    def _note(self, layer: nn.Linear, given: tuple[Any, ...], output: Tensor) -> None:
        if self._noting and output.requires_grad and len(given) == 1 and given[0].dtype == output.dtype:
            self.calls.append(Call(layer, given[0].detach(), get_gradient_edge(output)))


def weight_gradients(call: Call, cotangents: list[Tensor | None]) -> list[tuple[Tensor, Tensor]]:
    """What one call adds to the gradients of its layer's parameters, for all tasks: parameter and ``[K, size]``.

    Args:
        call: of the layer.
        cotangents: per task the gradient of its loss with respect to the output, of the output's shape; None: zero.
    """
    layer = call.layer
    known = next(c for c in cotangents if c is not None)
    full = [torch.zeros_like(known) if c is None else c for c in cotangents]
    stacked = torch.stack([c.reshape(-1, layer.out_features) for c in full], dim=1)  # [N, K, out]
    flat = stacked.reshape(len(stacked), -1)
    product = flat.T @ call.input.reshape(-1, layer.in_features)
    found: list[tuple[Tensor, Tensor]] = [(layer.weight, product.reshape(len(full), -1))]
    if layer.bias is not None:
        found.append((layer.bias, flat.sum(0).reshape(len(full), -1)))
    return found
