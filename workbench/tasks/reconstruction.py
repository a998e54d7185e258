"""The input itself."""

from math import prod
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.component import WorkbenchError
from workbench.tasks import metrics
from workbench.tasks.base import Task
from workbench.tasks.dense import DenseHead


class Reconstruction(Task):
    """The input itself as target: squared error, in units of the input's variance. Needs no labels.

    Rows without any other label still teach what the inputs look like. The input is brought to mean 0 and variance 1
    over all its numbers together, so a model that knows nothing has a loss near 1. Metrics: ``mse``, the mean squared
    error in the input's own unit, and ``psnr = 10 log10(peak² / mse)`` in decibel, with the range of the training
    inputs as peak.

    The decoder is one linear layer where it reads a vector; where it reads a map, every position is decoded into 8 x 8
    finer ones by convolutions, which are then brought to the size of the input (bilinear).

    Shapes: inputs ``[rows, ...]`` (images ``[rows, channels, height, width]``, for a map always) -> output of the same
    shape, for a map ``[batch, channels, 8 h, 8 w]``.

    Args:
        name: the task's name.
        reads: a ``"vector"`` per example, or a ``"map"``.

    Attributes:
        shape: of one input, learned from the training inputs.
        mean, std, peak: of the training inputs.
    """

    kind: ClassVar[str] = "reconstruction"
    metric: ClassVar[str] = "mse"
    higher_is_better: ClassVar[bool] = False
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"loss", "mse"})
    shape: tuple[int, ...]

    def __init__(self, name: str, reads: Literal["vector", "map"] = "vector") -> None:
        super().__init__(name)
        self.reads = reads  # type: ignore[misc]
        self.mean, self.std, self.peak = 0.0, 1.0, 1.0

    def fit(self, target: Tensor) -> None:
        """Learn shape, mean, spread and range from the raw training inputs, NaN where missing.

        Raises:
            WorkbenchError: no training input, or all numbers equal.
        """
        known = target[self.present(target)]
        if len(known) == 0:
            raise WorkbenchError(f"Task {self.name!r}: all {len(target)} training inputs are missing.")
        self.shape = tuple(target.shape[1:])
        self.mean, self.std = float(known.mean(dtype=torch.float64)), float(known.std(correction=0))
        self.peak = float(known.max() - known.min())
        if self.peak == 0:
            raise WorkbenchError(
                f"Task {self.name!r}: every number of the training inputs is {float(known[0]):g}; a constant cannot be "
                "learned."
            )

    def encode(self, target: Tensor) -> Tensor:
        return ((target - self.mean) / self.std).float()

    def head(self, features: int) -> nn.Module:
        if self.reads == "map":
            return nn.Sequential(DenseHead(self.name, features, self.shape[0], detail=8), ChannelsFirst())
        return nn.Sequential(nn.Linear(features, prod(self.shape)), nn.Unflatten(1, self.shape))

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        present = self.present(target)
        error = self._fitting(output) - torch.where(present, target, 0.0)
        return torch.where(present, error.square(), 0.0)

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        return self.loss(output, target)  # augmentation may move parts of the input out of sight

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``mse`` and ``psnr`` over what is present; NaN where nothing is."""
        present = self.present(target)
        if not bool(present.any()):
            return {"mse": float("nan"), "psnr": float("nan")}
        guess, truth = (x[present].double() * self.std for x in (self._fitting(output.detach()), target))
        return {"mse": metrics.mse(guess, truth), "psnr": metrics.psnr(guess, truth, self.peak)}

    def predict(self, output: Tensor) -> Tensor:
        """The input as reconstructed, in its own unit, float32 ``[batch, *shape]``."""
        return self._fitting(output) * self.std + self.mean

    def describe(self) -> dict[str, object]:
        described: dict[str, object] = {"kind": self.kind, "name": self.name, "reads": self.reads}
        return {**described, "shape": list(self.shape), "mean": self.mean, "std": self.std, "peak": self.peak}

    def _fitting(self, output: Tensor) -> Tensor:
        """The output at the size of the input, float32."""
        if self.reads == "map" and output.shape[2:] != self.shape[1:]:
            return F.interpolate(output.float(), size=self.shape[1:], mode="bilinear", align_corners=False)
        return output.float()


class ChannelsFirst(nn.Module):
    """``[batch, height, width, channels] -> [batch, channels, height, width]``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(-1, 1)
