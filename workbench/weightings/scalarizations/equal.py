"""Equal weighting."""

from workbench.component import register
from workbench.weightings.scalarizations.fixed import WeightedSum


@register("weighting", "equal", source="the unitary baseline; Kurin et al., NeurIPS 2022", tags=("core",))
class Equal(WeightedSum):
    """Every task counts the same: the plain sum of the losses.

    ``L = Σ_i L_i``, so ``w_i = 1``. Range of the weights: exactly 1, until somebody moves one by hand (the run then
    says that it was steered).

    Codes differ in the length: the sum (here, LibMTL, Nash-MTL) or the mean (CAGrad's toy), a factor K in the
    learning rate of SGD.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("equal")(torch.tensor([1.0, 2.0])).item()
    3.0
    """
