"""Dual balancing."""

from collections.abc import Sequence

from torch import Tensor, finfo

from workbench.component import WorkbenchError, register
from workbench.weightings.base import GramianWeighting
from workbench.weightings.log_heads import LogHeads
from workbench.weightings.solvers.scaling import ratio


@register("weighting", "db_mtl", source="Lin et al. 2023, arXiv 2308.12029")
class DBMTL(LogHeads, GramianWeighting):
    """Gradients of the logarithms of the losses, all brought to the length of the longest.

    The gradient of ``log L_i`` is ``g_i / L_i`` with norm ``m_i = ‖g_i‖ / L_i``. Every task is scaled to the largest of
    them, ``max_j m_j``, so in terms of the task's own gradient ``w_i = max_j m_j / ‖g_i‖``.

    The direction does not depend on the scale of the losses. No guarantee: ``Σ_i g_i / ‖g_i‖`` may hurt a task.
    Length: a sum. This is the form without moving averages of the gradients, which need more than the gramian. Heads
    follow the log loss (factor ``1 / L_i``), as in the paper; ``heads`` can say otherwise. A task with a zero gradient
    has weight 0, and a loss that is not positive does not set the length.

    >>> import torch, workbench as wb
    >>> wb.weightings.get("db_mtl")(torch.tensor([[1.0, 0.0], [0.0, 4.0]]), losses=torch.tensor([1.0, 4.0])).tolist()
    [1.0, 0.5]
    """

    def __call__(self, G: Tensor, *, losses: Tensor | None = None, tasks: Sequence[int] | None = None) -> Tensor:
        if losses is None:
            raise WorkbenchError("Weighting 'db_mtl' needs losses=.")
        n = G.detach().double().diagonal(dim1=-2, dim2=-1).clamp(min=0).sqrt()
        L = losses.detach().double()
        length = ratio(n, L).amax(-1, keepdim=True)
        w = ratio(length, n)
        return w.clamp(max=finfo(G.dtype).max).to(G.dtype)
