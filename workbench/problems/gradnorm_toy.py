"""GradNorm's toy: tasks that differ in scale alone."""

from math import sqrt
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.problems.base import Problem, Raw
from workbench.tasks.base import Task
from workbench.tasks.regression import Regression

#: range of the scales that are drawn
LOW, HIGH = 1.0, 100.0


class RawVector(Regression):
    """Several numbers: squared error in the target's own units, averaged over them.

    Nothing is standardised, so tasks keep the scales of their losses. A target is missing as a whole, or not at all.

    Args:
        name: the task's name.
        size: how many numbers.
    """

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name)
        self.size = size

    def fit(self, target: Tensor) -> None:
        """Nothing to learn; the check for infinite values alone."""
        self._check_finite(target.flatten())

    def encode(self, target: Tensor) -> Tensor:
        """Targets ``[rows, size]`` as they are, float32."""
        return target.float()

    def present(self, target: Tensor) -> Tensor:
        return ~torch.isnan(target).any(-1)

    def head(self, features: int) -> nn.Module:
        return nn.Linear(features, self.size)

    def losses(self, output: Tensor, target: Tensor) -> Tensor:
        present = self.present(target)
        error = (output.float() - torch.where(present[:, None], target, 0.0)).square().mean(-1)
        return torch.where(present, error, 0.0)

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        return nn.functional.mse_loss(output.float(), target)

    def metrics(self, output: Tensor, target: Tensor) -> dict[str, float]:
        """``r2`` over all numbers together (1 − squared error / spread around each number's mean), and ``mae``."""
        output, target = output.detach().cpu(), target.cpu()
        present = self.present(target)
        truth = target[present].double()
        error = output[present].double() - truth
        variation = float((truth - truth.mean(0)).square().sum()) if len(truth) else 0.0
        r2 = 1 - float(error.square().sum()) / variation if variation > 0 else float("nan")
        return {"r2": r2, "mae": float(error.abs().mean())}

    def predict(self, output: Tensor) -> Tensor:
        """Values in the target's own units, float32 ``[batch, size]``."""
        return output.float()

    def describe(self) -> dict[str, object]:
        return {**super().describe(), "size": self.size}


@register("problem", "gradnorm_toy", source="Chen et al., ICML 2018, section 4 (GradNorm)")
class GradNormToy(Problem):
    """Ten regressions on one input that differ in the scale of their targets: without balance the large ones rule.

    ``f_i(x) = σ_i tanh((B + ε_i) x)``, elementwise, with entries of B from N(0, 10) shared by all tasks, and of ``ε_i``
    from N(0, 3.5), drawn once; 250 inputs, 100 outputs, squared error in raw units (targets are not standardised, or
    the scales would be gone). View ``vector``, ``[inputs]``; tasks ``task1``, ``task2``, …

    Two tasks have ``σ = 1, 100``, as in the paper. For more it says "from a wide normal distribution" and gives no
    values. **Our reading** of this and of what else it leaves open:

    - ``σ_i = |z|``, ``z ~ N(0, 50²)``, kept within 1 … 100, drawn by the seed; ``scales`` sets them by hand.
    - 10 and 3.5 are standard deviations; ``spread="variance"`` reads them as variances.
    - x is uniform in (−1, 1) and brought to length 1: longer inputs saturate every tanh.
    - rows are drawn once (``rows``), not anew at each step.

    The paper's model is four layers of 100 units: ``encoder={"name": "mlp", "width": 100, "depth": 4}``. It judges by
    ``Σ_i L_i(t) / L_i(0)``. What to expect: the order of GradNorm's weights comes back, its gain over equal weighting
    is tiny under Adam.
    """

    count: Annotated[int, Field(ge=2, le=50, description="number of tasks (the paper: 2 and 10)"), Slider(2, 10)] = 10
    scales: Annotated[
        list[Annotated[float, Field(gt=0)]], Field(description="σ of each task; empty: as described above")
    ] = []  # noqa: RUF012 (a component copies the defaults of its settings)
    spread: Annotated[Literal["deviation", "variance"], Field(description="what 10 and 3.5 are")] = "deviation"
    inputs: Annotated[int, Field(ge=1, description="number of inputs"), Slider(10, 500)] = 250
    outputs: Annotated[int, Field(ge=1, description="numbers per task"), Slider(1, 200)] = 100
    rows: Annotated[int, Field(ge=30, le=200_000, description="examples"), Slider(500, 20_000, log=True)] = 5000

    def setup(self) -> None:
        if self.scales and len(self.scales) != self.count:
            raise WorkbenchError(
                f"Problem 'gradnorm_toy': scales should be {self.count} numbers, one per task, found "
                f"{len(self.scales)}."
            )

    def load(self, seed: int) -> Raw:
        generator = torch.Generator().manual_seed(seed % 2**63)

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator)

        common, own = (10.0, 3.5) if self.spread == "deviation" else (sqrt(10.0), sqrt(3.5))
        drawn = (50 * normal(self.count)).abs().clamp(LOW, HIGH).tolist()
        scales = self.scales or ([1.0, 100.0] if self.count == 2 else drawn)
        x = torch.rand(self.rows, self.inputs, generator=generator) * 2 - 1
        x = x / x.norm(dim=1, keepdim=True)
        shared = common * normal(self.outputs, self.inputs)
        names = self.task_names()
        targets = {
            name: sigma * torch.tanh(x @ (shared + own * normal(self.outputs, self.inputs)).T)
            for name, sigma in zip(names, scales, strict=True)
        }
        tasks: list[Task] = [RawVector(name, self.outputs) for name in names]
        return Raw({"vector": x}, {"vector": "vector"}, targets, tasks)

    def task_names(self) -> list[str]:
        return [f"task{i + 1}" for i in range(self.count)]
