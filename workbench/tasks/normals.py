"""A surface normal per pixel."""

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.tasks import metrics, mixing
from workbench.tasks.dense import Dense

#: shares of pixels whose angle is within so many degrees are reported
WITHIN = {"within_11": 11.25, "within_22": 22.5, "within_30": 30.0}


class Normals(Dense):
    """A surface normal per pixel: one minus the cosine of the angle, over the pixels where it is known.

    ``ℓ = 1 - n̂·n`` with both vectors of length 1, from 0 (equal) to 2 (opposite). Metrics, over all known pixels of
    the split, with the angle in degrees (torchmetrics' spectral angle): ``mean_angle`` and ``median_angle``, and the
    shares of pixels ``within_11``, ``within_22`` and ``within_30`` (11.25, 22.5 and 30 degrees), which torchmetrics
    does not have.

    Shapes: normals ``[rows, 3, height, width]``, NaN or all 0 where unknown, output ``[batch, h, w, 3]``.

    Args:
        name: the task's name.
    """

    kind: ClassVar[str] = "normals"
    metric: ClassVar[str] = "mean_angle"
    higher_is_better: ClassVar[bool] = False
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"loss", "mean_angle", "median_angle"})
    channels = 3

    def encode(self, target: Tensor) -> Tensor:
        """Raw normals of any length -> length 1, float32, NaN where unknown.

        Raises:
            WorkbenchError: an infinite number, with its row (counted from 0) and pixel; or not three numbers a pixel.
        """
        if target.dim() != 4 or target.shape[1] != 3:
            raise WorkbenchError(
                f"Task {self.name!r}: normals should be [rows, 3, height, width], found {list(target.shape)}."
            )
        if bool(torch.isinf(target).any()):
            row, _, y, x = torch.isinf(target).nonzero()[0].tolist()
            raise WorkbenchError(
                f"Task {self.name!r}: row {row}, pixel ({y}, {x}) holds an infinite number; allowed: finite ones, or "
                "NaN for unknown."
            )
        length = torch.linalg.vector_norm(target, dim=1, keepdim=True)
        return torch.where(length > 0, target / length, torch.nan).float()

    def present(self, target: Tensor) -> Tensor:
        """Which pixels have a normal, ``bool[rows, height, width]``."""
        return ~torch.isnan(target).any(dim=1)

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        return torch.where(self.present(target), 1 - self._cosine(self.grown(output), target), 0.0)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """Angles in degrees and shares over the known pixels; NaN where there is none."""
        found = []
        for full, normals in self.parts(output.detach(), target):
            present = self.present(normals)
            guess, truth = full[present].double(), normals.movedim(1, -1)[present].double()
            found.append(metrics.angles(guess, truth).float())
        angles = torch.cat(found).cpu()
        if len(angles) == 0:
            return dict.fromkeys(("mean_angle", "median_angle", *WITHIN), float("nan"))
        return {
            "mean_angle": float(angles.mean()),
            "median_angle": float(angles.median()),
            **{name: float((angles < limit).double().mean()) for name, limit in WITHIN.items()},
        }

    def read(self, full: Tensor) -> Tensor:
        """Normals of length 1, float32 ``[batch, 3, height, width]``."""
        return F.normalize(full, dim=-1).movedim(-1, 1)

    def mix(self, outputs: Sequence[Tensor], weights: Tensor) -> Tensor:
        """The mean of the directions: how long a vector was before says nothing."""
        return mixing.weighted([F.normalize(output.float(), dim=-1) for output in outputs], weights)

    def spread(self, outputs: Sequence[Tensor]) -> Tensor:
        """Distances between directions."""
        return mixing.distances([F.normalize(output.float(), dim=-1) for output in outputs])

    def describe(self) -> dict[str, object]:
        return {"kind": self.kind, "name": self.name}

    @staticmethod
    def _cosine(full: Tensor, target: Tensor) -> Tensor:
        """Cosine per pixel; of unknown normals some number."""
        return (F.normalize(full, dim=-1).movedim(-1, 1) * torch.nan_to_num(target)).sum(dim=1)
