"""Task gradients of all tasks beside a step, for a schedule that asks for them."""

import torch
from torch import Tensor

from workbench.training.experiment import Experiment
from workbench.training.looks import one_pass, two_halves


def task_gradients(exp: Experiment, rows: Tensor, rows_there: Tensor, number: int) -> list[Tensor]:
    """What the schedule needs, on the CPU, as matrices over all tasks with NaN for those without labels in the batch.

    Nothing changes in the model, running means included.

    Args:
        rows: of the batch, on the CPU.
        rows_there: the same on the device.
        number: of the step, whose dropout and augmentation it uses.
    """
    active = exp.present(rows)
    look = two_halves if exp.schedule.needs == "cross_gramian" else one_pass
    buffers = [buffer.clone() for buffer in exp.model.buffers()]
    exp.seed_step(number)
    taken = look(exp, rows_there, active, number, True).taken
    with torch.no_grad():
        for buffer, before in zip(exp.model.buffers(), buffers, strict=True):
            buffer.copy_(before)
    assert taken is not None
    if exp.schedule.needs == "cross_gramian":
        halves: list[Tensor] = [taken.first.gramian(), taken.second.gramian(), taken.cross_gramian()]  # type: ignore[attr-defined]
        return [_whole(found, active, len(exp.names)) for found in halves]
    return [_whole(taken.gramian(), active, len(exp.names))]


def _whole(found: Tensor, active: list[int], tasks: int) -> Tensor:
    whole = torch.full((tasks, tasks), torch.nan)
    there = torch.as_tensor(active)
    whole[there[:, None], there[None, :]] = found.detach().float().cpu()
    return whole
