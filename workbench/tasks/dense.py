"""Tasks with a label per pixel."""

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.features import Features
from workbench.tasks.base import Task

#: at most so many numbers are brought to full size at once where no gradient is needed
NUMBERS = 2**24


class DenseHead(nn.Module):
    """A map of features -> numbers per position: ``conv 1x1 (relu (conv 3x3))``.

    Every position of the map gives ``detail x detail`` finer positions (sub-pixel convolution, Shi et al., CVPR 2016).

    Shapes: features ``[batch, height, width, features]`` ->
    ``[batch, detail * height, detail * width, channels]``.

    Args:
        task: the task's name, for error sentences.
        features: how many are read.
        channels: how many numbers a position gets.
        detail: finer positions a side.
        hidden: channels in between.
    """

    def __init__(self, task: str, features: int, channels: int, detail: int = 2, hidden: int = 64) -> None:
        super().__init__()
        self.task = task
        self.look = nn.Conv2d(features, hidden, 3, padding=1)
        self.answer = nn.Conv2d(hidden, channels * detail**2, 1)
        self.spread = nn.PixelShuffle(detail)

    def forward(self, features: Features) -> Tensor:
        if features.values.dim() != 4:
            raise WorkbenchError(
                f"Task {self.task!r} reads a map of features, but the fusion gave it {features.values.dim() - 2} "
                "dimensions of positions instead of two; take a fusion that keeps positions, such as shared."
            )
        x = features.values.movedim(-1, 1)
        return self.spread(self.answer(F.relu(self.look(x)))).movedim(1, -1)


class Dense(Task):
    """Base of tasks with a label per pixel.

    The head's output ``[batch, h, w, channels]`` is coarser than the labels ``[batch, height, width]``; it stays so
    until loss, metrics or prediction need it at the size of the labels (bilinear), a part at a time where no gradient
    is needed: a whole split at full size would fill the memory.

    Attributes:
        size: height and width of the labels, learned from the training targets.
    """

    reads: ClassVar[str] = "map"

    #: numbers per pixel that the head gives
    channels: int
    size: tuple[int, int]

    def head(self, features: int) -> nn.Module:
        return DenseHead(self.name, features, self.channels)

    def fit(self, target: Tensor) -> None:
        """Learn the size of the labels.

        Raises:
            WorkbenchError: no training label at all.
        """
        self.size = (target.shape[-2], target.shape[-1])
        if not bool(self.present(self.encode(target)).any()):
            raise WorkbenchError(f"Task {self.name!r}: all labels of the {len(target)} training images are missing.")

    def grown(self, output: Tensor) -> Tensor:
        """The output at the size of the labels, float32 ``[batch, height, width, channels]``."""
        x = output.float().movedim(-1, 1)
        if x.shape[2:] != self.size:
            x = F.interpolate(x, size=self.size, mode="bilinear", align_corners=False)
        return x.movedim(1, -1)

    def parts(self, output: Tensor, *others: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """Output at full size and other tensors with the same rows, a few rows at a time."""
        rows = max(1, NUMBERS // (self.channels * self.size[0] * self.size[1]))
        for small, *rest in zip(output.split(rows), *(other.split(rows) for other in others), strict=True):
            yield self.grown(small), *rest

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        return self.loss(output, target)  # augmentation may take pixels away, even where no label is missing

    def loss(self, output: Tensor, target: Tensor, weights: Tensor | None = None, *, learning: bool = False) -> Tensor:
        if torch.is_grad_enabled() or weights is not None:
            return super().loss(self.grown(output), target, weights, learning=learning)
        total, count = output.new_zeros(()).float(), 0
        for full, labels in self.parts(output, target):
            there = int(self.present(labels).sum())
            total += super().loss(full, labels, learning=learning) * there
            count += there
        return total / max(1, count)

    def predict(self, output: Tensor) -> Tensor:
        """The prediction per pixel, ``[batch, ..., height, width]``."""
        return torch.cat([self.read(full) for (full,) in self.parts(output)])

    def read(self, full: Any) -> Tensor:
        """An output at full size in the words of the raw target."""
        raise NotImplementedError
