"""Geometric mean."""

from collections.abc import Sequence

from torch import Tensor

from workbench.component import register
from workbench.weightings.base import Scalarization
from workbench.weightings.scalarizations.per_task import smallest


@register("weighting", "gls", source="Chennupati et al. (MultiNet++), CVPRW 2019, arXiv 1902.08325", tags=("core",))
class GLS(Scalarization):
    """The geometric mean of the losses: tasks count by relative decrease, and the whole keeps the unit of a loss.

    ``L = (Π_i L_i)^{1/K}``, so ``w_i = L / (K L_i)``.

    - ``L_i``: loss of task i, positive; ``K``: number of tasks present.
    - Range of the weights: positive; ``Σ_i w_i L_i = L``. A loss of exactly 0 gets weight 0, and takes nearly all
      weight from the others, whose product it annihilates.

    The direction is that of ``scale_invariant``; the length is ``L / K`` times its, so it does not grow as the losses
    fall. Codes differ: LibMTL minimises the same but shows ``L_i / (K Π_j L_j)`` as weights, which they are not;
    TorchJD gives NaN gradients at a loss of 0.

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([1.0, 4.0], requires_grad=True)
    >>> wb.weightings.get("gls")(losses).backward(); [round(w, 4) for w in losses.grad.tolist()]
    [1.0, 0.25]
    """

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        return losses.clamp(min=smallest(losses)).log().mean().exp()
