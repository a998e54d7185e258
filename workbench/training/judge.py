"""Task losses of a batch with parameters that are not the model's own."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from workbench.training.experiment import Experiment
from workbench.training.looks import task_loss


class Judge(nn.Module):
    """The losses of some tasks: heads that work within the loss are called with the parameters given, too."""

    def __init__(self, exp: Experiment) -> None:
        super().__init__()
        self.exp, self.model = exp, exp.model

    def forward(self, rows: Tensor, positions: Sequence[int], trained: bool) -> Tensor:
        views, targets = self.exp.data.batch(rows)
        if trained and self.exp.data.augment is not None:
            views, targets = self.exp.data.augment(views, targets)
        names = [self.exp.names[i] for i in positions]
        outputs = self.model(views, names)
        expected = self.exp.teacher(views, names) if trained and self.exp.teacher is not None else {}
        return torch.stack(
            [
                task_loss(self.exp, i, outputs, targets, rows, expected=expected.get(name))
                for i, name in zip(positions, names, strict=True)
            ]
        )


def losses_with(
    exp: Experiment, moved: Mapping[str, Tensor], rows: Tensor, positions: Sequence[int], trained: bool = False
) -> Tensor:
    """Losses of some tasks in training mode, ``[k]``; nothing in the model changes, running means included.

    Args:
        moved: parameters by their name in the model, in place of its own.
        rows: of the data, on the device.
        positions: of the tasks.
        trained: as training sees them: rows augmented, outputs compared with the teacher's.
    """
    buffers = {name: buffer.clone() for name, buffer in exp.model.named_buffers()}
    there = {f"model.{name}": value for name, value in {**buffers, **moved}.items()}
    with exp.autocast():
        return functional_call(Judge(exp), there, (rows, positions, trained))


@torch.no_grad()
def losses_again(
    exp: Experiment, rows: Tensor, positions: Sequence[int], number: int, moved: Mapping[str, Tensor] | None = None
) -> Tensor:
    """Losses of the batch of step ``number``, with the same dropout and augmentation as in that step, ``[k]``."""
    exp.seed_step(number)
    return losses_with(exp, moved or {}, rows, positions, trained=True).float()
