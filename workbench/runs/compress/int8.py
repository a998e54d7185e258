"""Weights in eight bits."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.runs.compress.base import Made, Original, numbers

#: largest whole number in use; −128 is left out, so that the range is even
TOP = 127


def int8(original: Original) -> Made:
    """Weights of linear and recurrent layers as whole numbers of eight bits, with a scale per row.

    ``w_ij ≈ s_i q_ij`` with ``s_i = max_j |w_ij| / 127``. A linear layer rounds its inputs as well, each example on its
    own and anew at every call (*dynamic* quantisation): ``x_bj ≈ t_b p_bj``, and multiplies whole numbers,
    ``y_bi = t_b s_i Σ_j p_bj q_ij + bias_i``. A recurrent layer (LSTM, GRU) keeps its weights in eight bits and
    computes in 32: smaller, not faster. Convolutions, embeddings and biases stay as they are. Nothing is trained.

    PyTorch's own ``quantize_dynamic`` is about to be removed, so the layers here stand on plain tensors: they can be
    saved as safetensors and exported.

    Source: Jacob et al., CVPR 2018.

    Raises:
        WorkbenchError: the model has no such layer.
    """
    model, found = quantised(original.model)
    if not found:
        raise WorkbenchError("This model has no linear or recurrent layer, so int8 changes nothing; take 'prune'.")
    share = sum(found.values()) / numbers(original.model)
    notes = [f"{share:.1%} of the parameters are in 8 bits; the others keep their 32."]
    return Made("int8", model, original.data, original.run.spec, numbers(original.model), notes)


def quantised(model: nn.Module) -> tuple[nn.Module, dict[str, int]]:
    """A copy with layers in eight bits, and these by name with the number of their weights."""
    made = deepcopy(model).eval()
    found = {}
    for name, layer in list(made.named_modules()):
        replaced = _replaced(layer)
        if replaced is not None:
            place, _, last = name.rpartition(".")
            setattr(made.get_submodule(place), last, replaced)
            found[name] = sum(x.numel() for x in replaced.state_dict().values() if x.dtype == torch.int8)
    return made, found


def _replaced(layer: nn.Module) -> nn.Module | None:
    if type(layer) is nn.Linear:
        return Int8Linear(layer)
    if isinstance(layer, nn.LSTM | nn.GRU) and not layer.proj_size:
        return Int8Recurrent(layer)
    return None


def rounded(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows as whole numbers from −127 to 127, ``int8[rows, n]``, and the scale of each, ``[rows, 1]``."""
    scale = x.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny * TOP) / TOP
    return (x / scale).round().to(torch.int8), scale


class Int8Linear(nn.Module):
    """A linear layer that multiplies whole numbers of eight bits; on a CPU."""

    whole: Tensor

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        whole, scale = rounded(layer.weight.detach())
        self.register_buffer("whole", whole)
        self.scale = nn.Parameter(scale[:, 0], requires_grad=False)
        self.bias = None if layer.bias is None else nn.Parameter(layer.bias.detach().clone(), requires_grad=False)

    @property
    def weight(self) -> Tensor:
        """The weights that it stands for."""
        return self.whole * self.scale[:, None]

    def forward(self, x: Tensor) -> Tensor:
        rows, scale = rounded(x.flatten(0, -2).float())
        found = torch._int_mm(rows, self.whole.T) * (scale * self.scale)
        found = found if self.bias is None else found + self.bias
        return found.unflatten(0, x.shape[:-1])


class Int8Recurrent(nn.Module):
    """An LSTM or a GRU whose weights are kept in eight bits."""

    def __init__(self, layer: nn.LSTM | nn.GRU) -> None:
        super().__init__()
        self.step: Any = torch.lstm if isinstance(layer, nn.LSTM) else torch.gru
        self.states = 2 if isinstance(layer, nn.LSTM) else 1
        self.names = [name for names in layer._all_weights for name in names]
        for name in self.names:
            x = getattr(layer, name).detach()
            if x.dim() == 2:
                whole, scale = rounded(x)
                self.register_buffer(f"{name}_whole", whole)
                self.register_parameter(f"{name}_scale", nn.Parameter(scale, requires_grad=False))
            else:
                self.register_parameter(name, nn.Parameter(x.clone(), requires_grad=False))
        self.settings = (layer.bias, layer.num_layers, 0.0, False, layer.bidirectional, layer.batch_first)
        self.first, self.units = layer.batch_first, layer.hidden_size
        self.count = layer.num_layers * (2 if layer.bidirectional else 1)

    def forward(self, x: Tensor, hx: Tensor | tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, object]:
        if hx is None:
            start = x.new_zeros(self.count, x.shape[0 if self.first else 1], self.units)
            hx = (start, start) if self.states == 2 else start
        found = self.step(x, hx, [self._weight(name) for name in self.names], *self.settings)
        return found[0], found[1:] if self.states == 2 else found[1]

    def _weight(self, name: str) -> Tensor:
        if name in self._parameters:
            return getattr(self, name)
        return getattr(self, f"{name}_whole") * getattr(self, f"{name}_scale")
