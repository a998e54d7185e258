"""Several predictions of one thing as one, each output a tensor of the same shape."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def weighted(outputs: Sequence[Tensor], weights: Tensor) -> Tensor:
    """``Σ_m w_m o_m``; weights ``[parts]`` of at least 0 with sum 1."""
    stacked = torch.stack([output.float() for output in outputs])
    return (stacked * _along(weights, stacked)).sum(0)


def of_classes(outputs: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Logits ``[..., classes]`` -> ``log Σ_m w_m softmax(o_m)``: the mixture's log-probabilities, logits themselves."""
    stacked = F.log_softmax(torch.stack([output.float() for output in outputs]), dim=-1)
    return torch.logsumexp(stacked + _along(weights.log(), stacked), dim=0)


def of_labels(outputs: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Logits of independent yes-or-no labels -> the logits of ``Σ_m w_m sigmoid(o_m)``."""
    stacked = torch.stack([output.float() for output in outputs])
    share = _along(weights.log(), stacked)
    yes = torch.logsumexp(F.logsigmoid(stacked) + share, dim=0)
    return yes - torch.logsumexp(F.logsigmoid(-stacked) + share, dim=0)


def distances(outputs: Sequence[Tensor]) -> Tensor:
    """Root mean square of ``o_m − mean(o)`` over all numbers, ``[parts]``."""
    stacked = torch.stack([output.float() for output in outputs])
    return (stacked - stacked.mean(0)).flatten(1).square().mean(1).sqrt()


def _along(weights: Tensor, stacked: Tensor) -> Tensor:
    return weights.float().view(-1, *[1] * (stacked.dim() - 1))


#: what is averaged -> outputs and weights -> one output
MIXED: dict[str, Callable[[Sequence[Tensor], Tensor], Tensor]] = {
    "values": weighted,
    "classes": of_classes,
    "labels": of_labels,
}
#: what is averaged -> an output as that
READ: dict[str, Callable[[Tensor], Tensor]] = {
    "values": lambda output: output,
    "classes": lambda output: torch.softmax(output, dim=-1),
    "labels": torch.sigmoid,
}
