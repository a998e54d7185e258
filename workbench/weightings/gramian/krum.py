"""Krum."""

from collections.abc import Sequence
from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.weightings.base import GramianWeighting, Heads


@register("weighting", "krum", source="Blanchard et al., NeurIPS 2017 (from TorchJD)")
class Krum(GramianWeighting):
    """Only the gradients that lie nearest to the others are followed.

    From ``‖g_i − g_j‖² = G_ii + G_jj − 2 G_ij``: the score of a task is the sum of its distances to its
    ``K − outliers − 2`` nearest others (at least one); the ``selected`` tasks with the lowest scores get weight
    ``1 / selected``. Made for training with faulty workers, of whom at most ``outliers`` lie; for tasks, a baseline
    that shows what leaving conflicting tasks out does.

    No guarantee; a task may never be followed. Weights are on the simplex. Length: a mean. Tasks with equal scores at
    the border share what is left (TorchJD takes the first). Formula from secondary sources, not checked against the
    paper, which sums squared distances.

    >>> import torch, workbench as wb
    >>> J = torch.tensor([[1.0, 0.0], [0.9, 0.1], [1.2, 0.0], [0.0, 5.0]])
    >>> wb.weightings.get("krum")(J @ J.T).tolist()
    [1.0, 0.0, 0.0, 0.0]
    """

    heads: Heads = "own"
    outliers: Annotated[int, Field(ge=0, description="how many tasks may be outliers"), Slider(0, 8)] = 0
    selected: Annotated[int, Field(ge=1, description="how many tasks are followed"), Slider(1, 8)] = 1

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        K = G.shape[-1]
        G64 = G.detach().double()
        square = G64.diagonal(dim1=-2, dim2=-1)
        distance = (square[..., None] + square[..., None, :] - 2 * G64).clamp(min=0).sqrt()
        near = min(max(K - self.outliers - 2, 1), K - 1)
        score = distance.sort(-1).values[..., 1 : near + 1].sum(-1)  # without the distance to itself
        count = min(self.selected, K)
        border = score.sort(-1).values[..., count - 1 : count]
        rounding = 1e-12 * square.sqrt().amax(-1, keepdim=True)
        inside, tied = score < border - rounding, (score - border).abs() <= rounding
        left = count - inside.sum(-1, keepdim=True)
        return ((inside + tied * left / tied.sum(-1, keepdim=True)) / count).to(G.dtype)
