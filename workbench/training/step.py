"""One step: forward, task losses, weighting, update."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.gradients.base import TaskGradients
from workbench.training.ahead import with_validation
from workbench.training.diagnosis import Diverged, diagnosis
from workbench.training.experiment import Experiment
from workbench.training.looks import Portions, one_pass, two_halves
from workbench.training.maps import Map, measured_map
from workbench.training.portions import factors
from workbench.training.spread import Columns, sum_gradients, summed
from workbench.training.updates import UPDATES, with_held
from workbench.weightings.solvers.host import NotFinite

__all__ = ["UPDATES", "Diverged", "Measured", "step"]

#: kinds of weighting that look at a batch in another way than by one forward pass
LOOKS = {"cross_gramian": two_halves, "validation": with_validation}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step tells, still on the device.

    Attributes:
        active: positions of the tasks that took part.
        losses: their losses, ``[k]``.
        weights: their weights on the shared parameters, ``[k]``.
        length: norm of the shared gradient that the optimiser received.
        map: affinity map of these tasks, if one was asked for.
    """

    active: Sequence[int]
    losses: Tensor
    weights: Tensor
    length: Tensor
    map: Map | None = None


def step(
    exp: Experiment,
    rows: Tensor,
    active: Sequence[int],
    number: int,
    want_map: bool,
    portions: Portions = None,
) -> Measured:
    """Train the active tasks on some rows.

    Args:
        rows: row numbers of the batch, on the device.
        active: positions of the tasks, ascending, at least one.
        number: of the step; all randomness of the step (dropout, say) follows from it and the seed.
        want_map: measure the affinity map too.
        portions: examples of the batch that each active task trains on; None: all of them train on all.

    Raises:
        Diverged: on a CPU, before the update is applied, so that the parameters are still good.
    """
    exp.seed_step(number)
    weighting = exp.weighting
    tasks = active if len(active) < len(exp.names) else None
    due = weighting.needs != "losses" and weighting.due(tasks)
    look = LOOKS.get(weighting.needs, one_pass)
    seen = look(exp, rows, active, number, due or want_map, portions)

    for parameter in exp.trained:
        parameter.grad = None
    pull, also = [], {}
    if seen.penalty is not None:
        check_penalty(exp, seen.penalty, number)
        if weighting.needs == "losses":
            also["penalty"] = seen.penalty  # the one backward pass takes it along
        else:
            pull = pulled(exp, seen.penalty)
    if weighting.needs != "losses" and seen.taken is None:
        weights = with_held(exp, seen.losses, seen.values, [exp.names[i] for i in active], tasks)
    else:
        try:
            weights = UPDATES[weighting.needs](weighting, seen.losses, seen.values, seen.taken, tasks, **also)
        except NotFinite as error:
            raise Diverged(diagnosis(exp, number, active, seen.values.tolist(), rows=error.rows)) from None
    if exp.ranks.many and not whole(exp, seen.taken):
        sum_gradients(exp.ranks, list(exp.model.parameters()))
    for parameter, gradient in pull:
        parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
    if exp.spec.clip is not None:
        nn.utils.clip_grad_norm_(exp.model.parameters(), exp.spec.clip)
    length = _length([p.grad for p in exp.shared if p.grad is not None], seen.values)
    if exp.device.type == "cpu" and not math.isfinite(length.item()):
        raise Diverged(diagnosis(exp, number, active, seen.values.tolist()))
    found = None
    if want_map and seen.taken and exp.affinity:
        found = measured_map(exp, exp.affinity, seen.taken, seen.values, rows, active, number)
    if weighting.direct:
        _apply(exp)
    exp.optimizer.step()
    exp.model.sharing.advance()
    if exp.teacher is not None:
        exp.teacher.follow(exp.model)
    weights = weights.detach()
    if portions:
        weights = weights * weights.new_tensor(factors(portions, len(exp.names)))
    return Measured(active, seen.values, weights, length, found)


def check_penalty(exp: Experiment, penalty: Tensor, number: int) -> None:
    """On a CPU: that what the model adds to the loss is a number."""
    if exp.device.type == "cpu" and not math.isfinite(penalty.item()):
        raise Diverged(
            f"What fusion {exp.spec.chosen('fusion')[0]!r} adds to the loss became {penalty.item()} at step {number}; "
            f"try a lower learning rate than {exp.optimizer.param_groups[0]['lr']:g}. The last good state is kept."
        )


def whole(exp: Experiment, taken: TaskGradients | None) -> bool:
    """Whether the update filled ``.grad`` from task gradients of the whole batch, not from this rank's part of it."""
    return exp.weighting.needs != "losses" and taken is not None and not isinstance(taken, Columns)


def pulled(exp: Experiment, penalty: Tensor) -> list[tuple[nn.Parameter, Tensor]]:
    """The gradient of what the model adds to the loss; taken before the update, which may consume the graph."""
    parameters = [p for p in exp.model.parameters() if p.requires_grad]
    found: Sequence[Tensor | None] = torch.autograd.grad(penalty, parameters, retain_graph=True, allow_unused=True)
    if exp.ranks.many:
        found, _ = summed(exp.ranks, parameters, found)
    return [(p, g) for p, g in zip(parameters, found, strict=True) if g is not None]


def _apply(exp: Experiment) -> None:
    """``θ ← θ − lr·d`` for the shared parameters; the optimiser finds no gradient of them."""
    lr = exp.optimizer.param_groups[0]["lr"]
    with torch.no_grad():
        for parameter in exp.shared:
            if parameter.grad is not None:
                parameter.sub_(parameter.grad, alpha=lr)
                parameter.grad = None


def _length(gradients: list[Tensor], like: Tensor) -> Tensor:
    """Euclidean norm of all gradients together; 0 where nothing is shared."""
    if not gradients:
        return like.new_zeros(())
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))  # as torch's own clipping takes it
