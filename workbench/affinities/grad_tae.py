"""Grad-TAE: training on subsets of the tasks, foreseen by one linearised model."""

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from workbench.affinities.base import Estimate, Examples, Study
from workbench.affinities.linearised import Linearised
from workbench.component import Field, Slider, register

#: most tasks of which all subsets are fitted
ALL = 6


@register("affinity", "grad_tae", source="Li et al., KDD 2024 (Grad-TAE), arXiv 2409.06091")
class GradTAE(Study):
    """Train a linearised multi-task model on subsets of the tasks: what does one more task do to the others?

    Near the trained θ* an output is ``f(x) ≈ f₀(x) + ⟨∇f*(x), w⟩``, w a move of the shared parameters. For a subset S
    of the tasks, w_S minimises ``Σ_{t∈S} mean loss of t + λ ‖w‖²`` over training examples: a ridge or logistic
    regression. Then, with the validation loss ``L_j`` at w_S,

    ``Z_{i→j} = mean over S with j, without i, of [L_j(S) − L_j(S + i)] / L_j({j})``.

    Above 0, task i helps. Not symmetric; 0 on the diagonal by definition. λ is ``ridge`` times the mean squared length
    of a gradient. With up to six tasks all S count, with more as many random ones as ``subsets`` says for each ordered
    pair.

    **Where it starts.** With ``start="blank"``, f₀ = 0: the tasks are learned again from what the trained model's
    gradients offer as features. With ``"trained"``, f₀ = f* as in the paper; then gains are what is left to gain, and
    where the model has learned its training examples that is noise: on sine tasks the order of the dial is found only
    if training was stopped half way. Either way the heads must have found out what they share (some epochs), and with
    too small a ``ridge`` examples are learned by heart: even a task with the same labels then seems to hurt. The ridge
    stays the same for all S, so a task that pulls the same way helps as longer training would, even where its labels
    hold nothing new: this measures agreement, and need not be what training together brings (``transfer``).

    Where else it differs from the paper: that fits subsets of one size and takes the mean loss of j over those that
    hold i and j; the paired difference here leaves out what the subsets have in common, and has a 0 that means
    something. The paper projects gradients by a Gaussian matrix, here they are sketched by random signs, also without
    bias. Examples of several yes-or-no labels, or levels, are each represented by one label, or question, at random.

    The standard error holds the noise of the validation examples and, where subsets are drawn, of the draw. It does
    not hold that of the training examples or of the one model that was trained.
    """

    needs: ClassVar[str] = "examples"
    symmetric: ClassVar[bool] = False
    examples: Annotated[
        int, Field(ge=10, description="training and as many validation examples, at most"), Slider(50, 1000, log=True)
    ] = 300
    dimensions: Annotated[
        int, Field(ge=2, description="numbers that a gradient is sketched by"), Slider(20, 500, log=True)
    ] = 200
    ridge: Annotated[
        float,
        Field(gt=0, description="penalty on the move, relative to the mean squared gradient"),
        Slider(1e-4, 1, log=True),
    ] = 0.1
    start: Annotated[
        Literal["blank", "trained"], Field(description="learn the tasks again, or go on from the trained model")
    ] = "blank"
    subsets: Annotated[
        int, Field(ge=2, description="random subsets per ordered pair, beyond six tasks"), Slider(8, 256, log=True)
    ] = 64

    def estimate(self, given: Sequence[Examples]) -> Estimate:
        K = len(given)
        fits = Linearised(given, self.ridge, self.start == "trained")
        matrix, se = torch.zeros(K, K, dtype=torch.float64), torch.zeros(K, K, dtype=torch.float64)
        generator = torch.Generator().manual_seed(0)
        for i in range(K):
            for j in range(K):
                if i != j:
                    chosen = self._without(K, i, j, generator)
                    gains = torch.stack([fits.losses(S, j) - fits.losses(S | {i}, j) for S in chosen])
                    gains = gains / fits.losses(frozenset([j]), j).mean()
                    matrix[i, j], se[i, j] = gains.mean(), _error(gains, drawn=K > ALL)
        return Estimate(matrix, se)

    def _without(self, K: int, i: int, j: int, generator: torch.Generator) -> list[frozenset[int]]:
        """The subsets that hold j and not i."""
        others = [task for task in range(K) if task not in (i, j)]
        if K <= ALL:
            return [frozenset({j, *some}) for size in range(K - 1) for some in combinations(others, size)]
        draws = torch.rand(self.subsets, len(others), generator=generator) < 0.5
        return [frozenset({j, *(task for task, there in zip(others, row, strict=True) if there)}) for row in draws]


def _error(gains: Tensor, drawn: bool) -> float:
    """Standard error of the mean of gains ``[subsets, examples]``."""
    subsets, examples = gains.shape
    variance = gains.mean(0).var() / examples
    if drawn:
        variance = variance + gains.mean(1).var() / subsets
    return variance.sqrt().item()
