"""Sine tasks with a dial for how related they are."""

from math import sqrt
from typing import Annotated, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.problems.base import Problem, Raw
from workbench.tasks.base import Task
from workbench.tasks.regression import Regression


@register("problem", "sines", source="Ma et al., KDD 2018, section 3.2 (MMoE)")
class Sines(Problem):
    """Regressions on sums of sines, in pairs whose relatedness is a dial.

    For each pair, with orthogonal unit vectors ``u₁``, ``u₂`` of their own: ``w₁ = c u₁`` and
    ``w₂ = c (p u₁ + √(1 − p²) u₂)``, where p is the relatedness. With ``x ~ N(0, I)``:
    ``y_k = w_kᵀx + Σ_{i=1}^m sin(α_i w_kᵀx + β_i) + noise``. Tasks ``a1``, ``b1`` are the first pair, ``a2``, ``b2``
    the second, and so on; pairs have nothing in common but the input.

    **p is not the correlation of the labels.** With the default waves, m = 10 and c = 1, p = 0, .25, .5, .75, .9, .95,
    .99, 1 give correlations of about 0, .11, .22, .34, .46, .55, .81, 1. The paper names no α and β. ``waves``:

    - ``rising``: ``α_i = i``, ``β_i = (i − 1)²``, as in Google's generator (with m = 10, c = 1, noise .01).
    - ``random``: α and β drawn from N(0, 1) by the seed, as in keras-mmoe (with m = 5, c = .3, noise .1); without noise
      the correlation is then close to p for most draws, and noise of .1 lowers it noticeably.

    View ``vector``, ``[inputs]``. Rows, vectors and waves are drawn by the seed.
    """

    relatedness: Annotated[float, Field(ge=-1, le=1, description="cosine p between the two tasks of a pair")] = 0.5
    pairs: Annotated[int, Field(ge=1, le=50, description="independent pairs of tasks"), Slider(1, 8)] = 1
    inputs: Annotated[int, Field(ge=2, description="number of inputs; two per pair at least"), Slider(2, 200)] = 100
    m: Annotated[int, Field(ge=0, description="number of sines; 0: linear tasks"), Slider(0, 20)] = 10
    waves: Annotated[Literal["rising", "random"], Field(description="where α and β come from")] = "rising"
    c: Annotated[float, Field(gt=0, description="length of the task vectors"), Slider(0.05, 3, log=True)] = 1.0
    noise: Annotated[float, Field(ge=0, description="standard deviation of the label noise"), Slider(0, 1)] = 0.01
    rows: Annotated[int, Field(ge=30, le=1_000_000, description="examples"), Slider(500, 50_000, log=True)] = 5000

    def setup(self) -> None:
        if self.inputs < 2 * self.pairs:
            raise WorkbenchError(
                f"Problem 'sines': {self.pairs} pairs need {2 * self.pairs} inputs at least, found {self.inputs}."
            )

    def load(self, seed: int) -> Raw:
        generator = torch.Generator().manual_seed(seed % 2**63)

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, dtype=torch.float64)

        u = torch.linalg.qr(normal(self.inputs, 2 * self.pairs))[0].T
        first, second = u[0::2], u[1::2]
        w = self.c * torch.stack(
            [first, self.relatedness * first + sqrt(1 - self.relatedness**2) * second], 1
        )  # [pairs, 2, inputs]
        i = torch.arange(1, self.m + 1, dtype=torch.float64)
        alpha, beta = (i, (i - 1) ** 2) if self.waves == "rising" else (normal(self.m), normal(self.m))
        x = normal(self.rows, self.inputs)
        line = x @ w.flatten(0, 1).T  # [rows, tasks]
        y = line + self.noise * normal(*line.shape)
        for a, b in zip(alpha, beta, strict=True):
            y += torch.sin(a * line + b)
        names = self.task_names()
        tasks: list[Task] = [Regression(name) for name in names]
        return Raw({"vector": x.float()}, {"vector": "vector"}, dict(zip(names, y.T, strict=True)), tasks)

    def task_names(self) -> list[str]:
        return [f"{letter}{pair + 1}" for pair in range(self.pairs) for letter in "ab"]
