"""What would each method do now? All weightings on one gramian and its losses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from workbench.component import WorkbenchError, members
from workbench.weightings.base import GramianWeighting, Scalarization, Weighting
from workbench.weightings.solvers.scaling import cosines

if TYPE_CHECKING:
    import pandas as pd


def compare(G: Tensor, losses: Tensor, names: Sequence[str] | None = None) -> "pd.DataFrame":
    """The update of every method that the gramian and the losses determine, from one step and from a fresh start.

    Scalarizations and gramian weightings take part, with their default settings; those that have a required setting,
    and those that work on single coordinates of the gradients, do not.

    Args:
        G: gramian of the task gradients, ``[K, K]``.
        losses: task losses, ``[K]``, positive.
        names: task names; None: "0", "1", ….

    Returns:
        A tidy DataFrame with a row per method and task: ``method``, ``needs``, ``task``, ``weight``; ``share``, the
        weight divided by the sum of the weights' sizes; ``cosine`` of the update with the task's gradient; and, the
        same in each row of a method, ``cosine_with_mean`` (the mean gradient), ``length`` of the update ``√(wᵀGw)`` and
        ``conflicts``, the number of tasks with ``(Gw)_i < 0`` beyond rounding. A cosine with a zero vector is NaN.

    Raises:
        WorkbenchError: shapes that do not fit, or numbers that are not finite.
    """
    import numpy as np
    import pandas as pd

    K = losses.shape[0] if losses.dim() == 1 else -1
    if tuple(G.shape) != (K, K):
        raise WorkbenchError(f"compare needs G [K, K] and losses [K], found {list(G.shape)} and {list(losses.shape)}.")
    if not (bool(torch.isfinite(G).all()) and bool(torch.isfinite(losses).all())):
        raise WorkbenchError("compare needs finite numbers in G and losses.")
    names = [str(i) for i in range(K)] if names is None else list(names)
    if len(names) != K:
        raise WorkbenchError(f"compare needs one name per task: {K} tasks, {len(names)} names.")
    C, n, scale = cosines(G.detach().cpu().double().numpy())
    rounding = 8 * K * torch.finfo(G.dtype).eps
    rows = []
    for method, cls in members("weighting").items():
        if not issubclass(cls, Scalarization | GramianWeighting) or any(s.required for s in cls.settings().values()):
            continue
        w = _weights(cls(), G, losses, names).detach().cpu().double().numpy()
        y, mean = w * n, n / K  # weights of unit gradients
        length, total = np.sqrt(max(y @ C @ y, 0.0)), np.abs(y).sum()
        still = length <= 1e-3 * np.sqrt(rounding) * total
        with np.errstate(divide="ignore", invalid="ignore"):
            cosine = np.where((n > 0) & ~still, (C @ y) / length, np.nan)
            with_mean = np.nan if still else (mean @ C @ y) / (length * np.sqrt(max(mean @ C @ mean, 0.0)))
        frame = {
            "method": method,
            "needs": cls.needs,
            "task": names,
            "weight": w,
            "share": w / (np.abs(w).sum() or 1.0),
            "cosine": cosine,
            "cosine_with_mean": with_mean,
            "length": length * scale,
            "conflicts": int((C @ y < -rounding * total).sum()),
        }
        rows.append(pd.DataFrame(frame))
    return pd.concat(rows, ignore_index=True)


def _weights(weighting: Weighting, G: Tensor, losses: Tensor, names: Sequence[str]) -> Tensor:
    weighting.bind(names, device=G.device)
    losses = losses.detach().to(G)
    if isinstance(weighting, GramianWeighting):
        return weighting(G.detach(), losses=losses)
    assert isinstance(weighting, Scalarization)
    losses.requires_grad_()
    (weights,) = torch.autograd.grad(weighting(losses), losses)
    return weights
