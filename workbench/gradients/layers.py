"""Linear and convolution layers noted during a forward pass, so that all tasks' weight gradients come at once.

A backward pass per task then only carries cotangents from layer to layer. The weight gradients of a Linear, ``δ_kᵀ a``
with input ``a`` and cotangents ``δ_k``, are one product for all tasks; those of a convolution one convolution of its
input with the cotangents side by side, channels last (measured on a CPU for 2 tasks: 10→20 channels, 5×5, half the
time; 64→64 and 128→128, 3×3, a tenth less; with a single input channel four times as long, so there autograd has it).
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
        layer: the Linear or Conv2d.
        input: what it was given.
        edge: where its output hangs in the graph (valid even if the output is changed in place afterwards).
    """

    layer: nn.Linear | nn.Conv2d
    input: Tensor
    edge: GradientEdge


class Layers:
    """The layers of a model whose parameters are all shared, and their calls in the last noted forward pass.

    Args:
        model: the model; hooks are put on its layers, idle except while ``noting``.
        shared: its shared parameters.
    """

    def __init__(self, model: nn.Module, shared: Sequence[nn.Parameter]) -> None:
        self.calls: list[Call] = []
        self._noting = False
        known = {id(p) for p in shared if p.requires_grad}
        for layer in model.modules():
            if _plain(layer) and all(id(p) in known for p in layer.parameters(recurse=False)):
                layer.register_forward_hook(self._note)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note the calls of one forward pass."""
        self.calls, self._noting = [], True
        try:
            yield
        finally:
            self._noting = False

    def _note(self, layer: nn.Linear | nn.Conv2d, given: tuple[Any, ...], output: Tensor) -> None:
        if not (self._noting and output.requires_grad and len(given) == 1 and given[0].dtype == output.dtype):
            return
        if isinstance(layer, nn.Conv2d) and not (given[0].is_cpu and given[0].dim() == 4):
            return
        self.calls.append(Call(layer, given[0].detach(), get_gradient_edge(output)))


def _plain(layer: nn.Module) -> bool:
    """Exactly these classes: a subclass or a parametrization may use its parameters in another way."""
    if type(layer) is nn.Conv2d:
        simple = layer.groups == 1 and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        return simple and layer.in_channels > 1
    return type(layer) is nn.Linear


def weight_gradients(call: Call, cotangents: Sequence[Tensor | None]) -> list[tuple[Tensor, Tensor]]:
    """What one call adds to the gradients of its layer's parameters, for all tasks: parameter and ``[K, size]``.

    Args:
        call: of the layer.
        cotangents: per task the gradient of its loss with respect to the output, of the output's shape; None: zero.
    """
    layer, full = call.layer, filled(cotangents)
    weight, bias = (_linear if isinstance(layer, nn.Linear) else _convolution)(layer, call.input, full)
    found = [(layer.weight, weight.reshape(len(full), -1))]
    if layer.bias is not None:
        found.append((layer.bias, bias.reshape(len(full), -1)))
    return found


def filled(cotangents: Sequence[Tensor | None]) -> list[Tensor]:
    """Cotangents with zeros in place of None; one at least is known."""
    known = next(c for c in cotangents if c is not None)
    return [torch.zeros_like(known) if c is None else c for c in cotangents]


def _linear(layer: Any, given: Tensor, cotangents: list[Tensor]) -> tuple[Tensor, Tensor]:
    stacked = torch.stack([c.reshape(-1, layer.out_features) for c in cotangents], dim=1)  # [N, K, out]
    flat = stacked.reshape(len(stacked), -1)
    return flat.T @ given.reshape(-1, layer.in_features), flat.sum(0)


def _convolution(layer: Any, given: Tensor, cotangents: list[Tensor]) -> tuple[Tensor, Tensor]:
    side_by_side = torch.cat(cotangents, dim=1).contiguous(memory_format=torch.channels_last)  # [N, K · out, …]
    given = given.contiguous(memory_format=torch.channels_last)
    shape = layer.weight.new_empty(side_by_side.shape[1], *layer.weight.shape[1:])
    sizes = ([len(shape)], layer.stride, layer.padding, layer.dilation, False, [0, 0], 1)
    _, weight, bias = torch.ops.aten.convolution_backward(side_by_side, given, shape, *sizes, [False, True, True])
    return weight, bias
