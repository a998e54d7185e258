"""One step: forward, task losses, weighting, update."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.gradients.base import TaskGradients
from workbench.training.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step tells, still on the device.

    Attributes:
        active: positions of the tasks that took part.
        losses: their losses, ``[k]``.
        weights: their weights on the shared parameters, ``[k]``.
        length: norm of the shared gradient that the optimiser received.
        map: affinity map of these tasks, ``[k, k]``, if one was asked for.
        gramian: of the task gradients it was measured from, ``[k, k]``.
    """

    active: Sequence[int]
    losses: Tensor
    weights: Tensor
    length: Tensor
    map: Tensor | None = None
    gramian: Tensor | None = None


class Diverged(WorkbenchError):
    """A loss or gradient is no longer finite."""


def step(exp: Experiment, rows: Tensor, active: Sequence[int], number: int, want_map: bool) -> Measured:
    """Train the active tasks on some rows.

    Args:
        rows: row numbers of the batch, on the device.
        active: positions of the tasks, ascending, at least one.
        number: of the step; all randomness of the step (dropout, say) follows from it and the seed.
        want_map: measure the affinity map too.

    Raises:
        Diverged: on a CPU, before the update is applied, so that the parameters are still good.
    """
    exp.seed_step(number)
    names = [exp.names[i] for i in active]
    views, targets = exp.data.batch(rows)
    needs = exp.weighting.needs
    take = needs != "losses" or want_map
    with exp.autocast():
        outputs = exp.gradients.forward(exp.model, views, names) if take else exp.model(views, names)
        losses = [_loss(exp, i, outputs, targets) for i in active]

    for parameter in exp.trained:
        parameter.grad = None
    values = torch.stack(losses).detach()
    if exp.device.type == "cpu" and not math.isfinite(values.sum().item()):
        raise Diverged(diagnosis(exp, number, active, values.tolist(), views, outputs))
    taken = exp.gradients.take(exp.model, losses, names) if take else None
    weights = UPDATES[needs](exp.weighting, losses, values, taken, active if len(active) < len(exp.names) else None)
    if exp.spec.clip is not None:
        nn.utils.clip_grad_norm_(exp.model.parameters(), exp.spec.clip)
    length = _length([p.grad for p in exp.shared if p.grad is not None], values)
    if exp.device.type == "cpu" and not math.isfinite(length.item()):
        raise Diverged(diagnosis(exp, number, active, values.tolist(), views, outputs))
    exp.optimizer.step()
    if not (want_map and taken is not None and exp.affinity):
        return Measured(active, values, weights.detach(), length)
    G = taken.gramian()
    return Measured(active, values, weights.detach(), length, exp.affinity.measure(G), G)


def _length(gradients: list[Tensor], like: Tensor) -> Tensor:
    """Euclidean norm of all gradients together; 0 where nothing is shared."""
    if not gradients:
        return like.new_zeros(())
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))  # as torch's own clipping takes it


def _loss(exp: Experiment, i: int, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
    task = exp.tasks[i]
    complete = task.name not in exp.data.labelled
    return (task.mean_loss if complete else task.loss)(outputs[task.name], targets[task.name])


# ---------------------------------------------------------------- the three kinds of weighting


def _from_losses(
    weighting: Any, losses: list[Tensor], values: Tensor, taken: TaskGradients | None, tasks: Sequence[int] | None
) -> Tensor:
    """The effective weights are the scalar's gradient with respect to the losses, told by the one backward pass."""
    stacked = torch.stack(losses)
    stacked.retain_grad()
    weighting(stacked, tasks=tasks).backward()
    if taken is not None:
        taken.carry_on()
    assert stacked.grad is not None
    return stacked.grad


def _from_gramian(
    weighting: Any, losses: list[Tensor], values: Tensor, taken: TaskGradients | None, tasks: Sequence[int] | None
) -> Tensor:
    """Weights from G, then the update ``wᵀJ``."""
    assert taken is not None
    weights = weighting(taken.gramian(), losses=values, tasks=tasks)
    taken.backward(weights, weights if weighting.heads == "weighted" else torch.ones_like(weights))
    return weights


def _from_jacobian(
    weighting: Any, losses: list[Tensor], values: Tensor, taken: TaskGradients | None, tasks: Sequence[int] | None
) -> Tensor:
    """A direction from J; the weights told are those whose ``wᵀJ`` comes nearest to it."""
    assert taken is not None
    J = taken.jacobian
    direction = weighting(J, losses=values, tasks=tasks)
    weights = torch.linalg.pinv(torch.nan_to_num(taken.gramian().double()), hermitian=True) @ (
        J.double() @ direction.double()
    )
    weights = weights.to(J.dtype)
    taken.backward_along(direction, weights if weighting.heads == "weighted" else torch.ones_like(weights))
    return weights


UPDATES = {"losses": _from_losses, "gramian": _from_gramian, "jacobian": _from_jacobian}


# ---------------------------------------------------------------- when numbers stop being numbers


def diagnosis(
    exp: Experiment,
    number: int,
    active: Sequence[int],
    losses: Sequence[float],
    views: dict[str, Tensor],
    outputs: dict[str, Tensor],
) -> str:
    """One sentence: which task, which tensor, what to do."""
    broken = [(exp.names[i], loss) for i, loss in zip(active, losses, strict=True) if not math.isfinite(loss)]
    task, loss = broken[0] if broken else (exp.names[active[0]], None)
    what = (
        f"The loss of task {task!r} became {loss} at step {number}"
        if broken
        else f"The gradient of the shared parameters became infinite or NaN at step {number}"
    )
    places = [
        *(f"view {name!r} holds it already" for name, x in views.items() if _bad(x)),
        *(f"parameter {name!r} holds it already" for name, p in exp.model.named_parameters() if _bad(p)),
        *(f"the output of task {name!r} holds it first" for name, x in outputs.items() if _bad(x)),
        "every output is finite, so the loss itself overflows" if broken else "the losses are finite",
    ]
    rate = exp.optimizer.param_groups[0]["lr"]
    return f"{what}: {places[0]}; try a lower learning rate than {rate:g}, or clip. The last good state is kept."


def _bad(x: Tensor) -> bool:
    return x.is_floating_point() and not bool(torch.isfinite(x).all())
