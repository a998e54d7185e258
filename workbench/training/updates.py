"""From losses or task gradients to filled ``.grad``: one function per kind of weighting, which gives the weights."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.gradients.base import TaskGradients
from workbench.training.experiment import Experiment
from workbench.weightings.solvers.host import check_finite


def from_losses(
    weighting: Any,
    losses: Sequence[Tensor],
    values: Tensor,
    taken: TaskGradients | None,
    tasks: Sequence[int] | None,
    penalty: Tensor | None = None,
) -> Tensor:
    """The effective weights are the scalar's gradient with respect to the losses, told by the one backward pass.

    A penalty is added to the scalar.
    """
    stacked = torch.stack(list(losses))
    stacked.retain_grad()
    scalar = weighting(stacked, tasks=tasks)
    if penalty is None:
        scalar.backward()
    else:
        (scalar + penalty).backward(retain_graph=taken is not None)  # both may come from behind a cut in the graph
    if taken is not None:
        taken.carry_on()
    assert stacked.grad is not None
    return stacked.grad


def from_gramian(
    weighting: Any, losses: Sequence[Tensor], values: Tensor, taken: TaskGradients | None, tasks: Sequence[int] | None
) -> Tensor:
    """Weights from G, then the update ``wᵀJ``.

    Raises:
        NotFinite: a task gradient overflowed.
    """
    assert taken is not None
    G = taken.gramian()
    if G.device.type == "cpu":  # elsewhere the solver finds it, or the end of the block
        check_finite(G)
    weights = weighting(G, losses=values, tasks=tasks)
    taken.backward(weights, weighting.head_weights(weights, values))
    return weights


def from_cross_gramian(
    weighting: Any, losses: Sequence[Tensor], values: Tensor, taken: Any, tasks: Sequence[int] | None
) -> Tensor:
    """Weights from ``J₁J₂ᵀ``, then the update ``wᵀJ``."""
    weights = weighting(taken.cross_gramian(), losses=values, tasks=tasks)
    taken.backward(weights, weighting.head_weights(weights, values))
    return weights


def from_jacobian(
    weighting: Any, losses: Sequence[Tensor], values: Tensor, taken: TaskGradients | None, tasks: Sequence[int] | None
) -> Tensor:
    """A direction from J; the weights told are those whose ``wᵀJ`` comes nearest to it."""
    assert taken is not None
    blocks = taken.blocks
    if weighting.coordinatewise:
        parts = [weighting(block, losses=values, tasks=tasks) for block in blocks]
    else:
        direction = weighting(taken.jacobian, losses=values, tasks=tasks)
        parts = list(direction.split([block.shape[1] for block in blocks]))
    products = sum((block @ part for block, part in zip(blocks, parts, strict=True)), values.new_zeros(len(values)))
    weights = torch.linalg.pinv(torch.nan_to_num(taken.gramian().double()), hermitian=True) @ products.double()
    weights = weights.to(values.dtype)
    taken.fill(parts, weighting.head_weights(weights, values))
    return weights


def from_validation(
    weighting: Any, losses: Sequence[Tensor], values: Tensor, taken: Any, tasks: Sequence[int] | None
) -> Tensor:
    """Weights moved by what they do to the validation loss one step ahead, then the update ``wᵀJ``."""
    now = weighting.current(len(values), tasks).to(values)
    names = [taken.exp.names[i] for i in taken.active]
    effects = taken.effects(now, weighting.judged(names))
    weights = weighting(effects, losses=values, tasks=tasks).to(values)
    taken.backward(weights, weighting.head_weights(weights, values))
    return weights


UPDATES: dict[str, Any] = {
    "losses": from_losses,
    "gramian": from_gramian,
    "cross_gramian": from_cross_gramian,
    "jacobian": from_jacobian,
    "validation": from_validation,
}


def with_held(
    exp: Experiment, losses: Sequence[Tensor], values: Tensor, names: Sequence[str], tasks: Sequence[int] | None
) -> Tensor:
    """One backward pass with the weights that the weighting holds, at a step at which it wants no gradients."""
    weights = exp.weighting.held(tasks).to(values)
    own = exp.weighting.head_weights(weights, values)
    stacked = torch.stack(list(losses))
    if torch.equal(own, weights):
        (weights * stacked).sum().backward()
        return weights
    heads = [p for name in names for p in exp.model.task_parameters(name)]
    (weights * stacked).sum().backward(inputs=exp.shared, retain_graph=True)
    if heads:
        (own * stacked).sum().backward(inputs=heads)
    return weights
