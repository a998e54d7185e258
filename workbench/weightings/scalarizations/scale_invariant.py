"""Sum of the logarithms."""

from collections.abc import Sequence

from torch import Tensor

from workbench.component import register
from workbench.weightings.base import Scalarization
from workbench.weightings.scalarizations.per_task import smallest


@register("weighting", "scale_invariant", source="baseline SI in Navon et al. (Nash-MTL), ICML 2022", tags=("core",))
class ScaleInvariant(Scalarization):
    """The logarithm of every loss counts the same: multiplying a loss by a constant changes nothing.

    ``L = Σ_i log L_i``, so ``w_i = 1 / L_i``: the relative decrease of each loss counts.

    - ``L_i``: loss of task i, positive, in nats or squared standard deviations; the units cancel.
    - Range of the weights: positive, unbounded as a loss goes to 0. A loss of exactly 0 gets weight 0: there is
      nothing left to gain.

    It is uncertainty weighting with every variance at its optimum (UW-O, Kirchdorfer et al. 2024), up to the factor
    ½. Length: the sum of the logarithms; steps grow as the losses fall, which Adam hides and SGD does not.
    Codes differ: Nash-MTL takes ``log L``, LibMTL's STCH ``log(L + 1e-20)``; neither matters above 1e-20.

    >>> import torch, workbench as wb
    >>> losses = torch.tensor([0.5, 4.0], requires_grad=True)
    >>> wb.weightings.get("scale_invariant")(losses).backward(); losses.grad.tolist()
    [2.0, 0.25]
    """

    def __call__(self, losses: Tensor, *, tasks: Sequence[int] | None = None) -> Tensor:
        return losses.clamp(min=smallest(losses)).log().sum()
