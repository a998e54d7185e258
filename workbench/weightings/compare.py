"""What would each method do now? All weightings on one gramian and its losses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from workbench.component import WorkbenchError, members
from workbench.weightings.base import GramianWeighting, Scalarization, Weighting
from workbench.weightings.solvers.scaling import cosines

if TYPE_CHECKING:
    import pandas as pd


def compare(
    G: Tensor,
    losses: Tensor,
    names: Sequence[str] | None = None,
    also: Mapping[str, Sequence[float]] | None = None,
) -> "pd.DataFrame":
    """The update of every method that the gramian and the losses determine, from one step and from a fresh start.

    Scalarizations and gramian weightings take part, with their default settings; those that have a required setting,
    and those that work on single coordinates of the gradients, do not.

    Args:
        G: gramian of the task gradients, ``[K, K]``.
        losses: task losses, ``[K]``, positive.
        names: task names; None: "0", "1", ….
        also: weights of your own to put first, name -> ``[K]``; their ``needs`` is empty.

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
    updates = [(method, "", torch.as_tensor(weights)) for method, weights in (also or {}).items()]
    faults = [f"compare needs {K} weights for {method!r}, found {len(w)}." for method, _, w in updates if len(w) != K]
    if faults:
        raise WorkbenchError(*faults)
    for method, cls in members("weighting").items():
        if issubclass(cls, Scalarization | GramianWeighting) and not any(s.required for s in cls.settings().values()):
            updates.append((method, cls.needs, _weights(cls(), G, losses, names)))
    methods, needs, weights = zip(*updates, strict=True)
    w = torch.stack([each.detach().cpu().double() for each in weights]).numpy()
    C, n, scale = cosines(G.detach().cpu().double().numpy())
    rounding = 8 * K * torch.finfo(G.dtype).eps
    y, mean = w * n, n / K  # weights of unit gradients
    along, total = y @ C.T, np.abs(y).sum(1)  # along: of the update with every unit gradient
    length = np.sqrt(np.maximum((along * y).sum(1), 0.0))
    moves = (length > 1e-3 * np.sqrt(rounding) * total)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where((n > 0) & moves, along / length[:, None], np.nan)
        with_mean = np.where(moves[:, 0], along @ mean / (length * np.sqrt(max(mean @ C @ mean, 0.0))), np.nan)
    sizes = np.abs(w).sum(1, keepdims=True)
    of_method = {
        "cosine_with_mean": with_mean,
        "length": length * scale,
        "conflicts": (along < -rounding * total[:, None]).sum(1),
    }
    return pd.DataFrame(
        {
            "method": np.repeat(methods, K),
            "needs": np.repeat(needs, K),
            "task": np.tile(names, len(methods)),
            "weight": w.ravel(),
            "share": (w / np.where(sizes == 0, 1.0, sizes)).ravel(),
            "cosine": cosine.ravel(),
            **{column: np.repeat(values, K) for column, values in of_method.items()},
        }
    )


def _weights(weighting: Weighting, G: Tensor, losses: Tensor, names: Sequence[str]) -> Tensor:
    weighting.bind(names, device=G.device)
    losses = losses.detach().to(G)
    if isinstance(weighting, GramianWeighting):
        return weighting(G.detach(), losses=losses)
    assert isinstance(weighting, Scalarization)
    losses.requires_grad_()
    (weights,) = torch.autograd.grad(weighting(losses), losses)
    return weights
