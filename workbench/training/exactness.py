"""What several processes cannot train to the numbers of one: found out before the first step, and refused.

Their sums are those of one process where every example is computed by itself and the loss of a task is a mean over
labels. Not so: dropout (the draws of a batch are not those of its parts), batch normalisation (a mean over the batch
behind a square root), a loss that picks labels by comparing them. What has no name here is found by trying: a few
examples at once, and the same in parts.
"""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from workbench.component import WorkbenchError
from workbench.tasks.losses.base import Loss
from workbench.training.experiment import Experiment
from workbench.training.taken_part import task_sums

#: most examples that are tried
ROWS = 64
#: largest relative difference between a loss of examples at once and in parts that is rounding
ROUNDING = 1e-4


def check_exact(exp: Experiment) -> None:
    """That several processes will train to the numbers of one.

    Raises:
        WorkbenchError: they would not.
    """
    if faults := [*objections(exp)] or tried(exp):
        raise WorkbenchError(*faults)


def objections(exp: Experiment) -> list[str]:
    """What is known by its name."""
    size, spec = exp.ranks.size, exp.spec
    faults = []
    if spec.batch_size < size:
        faults.append(f"Spec: batch_size = {spec.batch_size} is less than one example for each of {size} processes.")
    by_name = list(exp.model.named_modules())
    dropout = [(name, m) for name, m in by_name if isinstance(m, nn.modules.dropout._DropoutNd) and m.p > 0]
    if dropout:
        faults.append(
            f"Dropout ({dropout[0][0]!r}, p = {dropout[0][1].p:g}) would draw otherwise for each of {size} processes "
            "than for the whole batch; set it to 0, or train with one process."
        )
    norms = [name for name, m in by_name if isinstance(m, _BatchNorm) and m.training]
    if norms:
        faults.append(
            f"Batch normalisation ({norms[0]!r}) would see the examples of one process in place of the whole batch; "
            "choose an encoder without it, or train with one process."
        )
    picking = [t for t in exp.tasks if t.criterion is not None and type(t.criterion).kept is not Loss.kept]
    if picking:
        faults.append(
            f"Loss {picking[0].criterion.name!r} of task {picking[0].name!r} compares the labels of a batch, which lie "  # type: ignore[union-attr]
            f"on {size} processes; choose another loss, or train with one process."
        )
    if exp.teacher is not None:
        name = min(exp.teacher.tasks)
        faults.append(
            f"The loss of task {name!r} compares with a teacher, which one process keeps, not {size}; choose another "
            "loss, or train with one process."
        )
    return faults


def tried(exp: Experiment) -> list[str]:
    """Whether the losses of some examples, and what the model adds to them, are the same at once and in parts.

    Nothing changes in the model, and no random number is used up.
    """
    rows = exp.pool.rows[: max(ROWS, 2 * exp.ranks.size)].to(exp.device)
    devices = [exp.device] if exp.device.type == "cuda" else []
    buffers = [buffer.clone() for buffer in exp.model.buffers()]
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        exp.seed_step(0)
        before = _random_state(exp)
        whole, counts, penalty = _sums(exp, rows, slice(0, len(rows)))
        drew = not torch.equal(before, _random_state(exp))
        kept = any(not torch.equal(a, b) for a, b in zip(buffers, exp.model.buffers(), strict=True))
        parts, part_counts, part_penalty = torch.zeros_like(whole), torch.zeros_like(counts), torch.zeros_like(penalty)
        for part in torch.arange(len(rows)).tensor_split(exp.ranks.size):
            found = _sums(exp, rows, slice(int(part[0]), int(part[-1]) + 1))
            parts, part_counts = parts + found[0], part_counts + found[1]
            part_penalty = part_penalty + found[2] * len(part) / len(rows)
        for buffer, value in zip(exp.model.buffers(), buffers, strict=True):
            buffer.copy_(value)
    processes = f"{exp.ranks.size} processes"
    if drew:
        return [f"The model draws random numbers in training, and {processes} would draw others; use one process."]
    if kept:
        return [f"The model keeps numbers about the examples it sees, and {processes} see others; use one process."]
    at_once = torch.cat([whole / counts.clamp(min=1e-12), penalty[None]])
    in_parts = torch.cat([parts / part_counts.clamp(min=1e-12), part_penalty[None]])
    if not torch.allclose(in_parts, at_once, rtol=ROUNDING, atol=ROUNDING):
        worst = float((in_parts - at_once).abs().max())
        return [
            f"The losses of a batch are not those of its parts (they differ by {worst:.2g}): the model or a loss mixes "
            f"examples, so {processes} would not train as one; use one process."
        ]
    return []


def _sums(exp: Experiment, rows: Tensor, part: slice) -> tuple[Tensor, Tensor, Tensor]:
    """Sums of the losses over labels, their number, and what the model adds, for a part of some rows."""
    views, targets = exp.data.batch(rows)
    views, targets = ({name: x[part] for name, x in found.items()} for found in (views, targets))
    outputs = exp.model(views, exp.names)
    found = [task_sums(exp, i, outputs, targets, rows[part]) for i in range(len(exp.names))]
    penalty = exp.model.sharing.penalty()
    sums, counts = (torch.cat(list(column)) for column in zip(*found, strict=True))
    return sums, counts, sums.new_zeros(()) if penalty is None else penalty


def _random_state(exp: Experiment) -> Tensor:
    """Of the generators that a forward pass may draw from."""
    states = [torch.default_generator.get_state()]
    if exp.device.type == "cuda":
        states.append(torch.cuda.get_rng_state(exp.device))
    return torch.cat(states)
