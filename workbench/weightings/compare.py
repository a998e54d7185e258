"""What would each method do now? All weightings on one gramian and its losses."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from workbench.component import WorkbenchError, members, short
from workbench.weightings.base import GramianWeighting, Scalarization, Weighting
from workbench.weightings.solvers.scaling import cosines

if TYPE_CHECKING:
    import pandas as pd

#: how far a matrix may be from a gramian, relative to the lengths of its gradients
ROUNDING = 1e-3


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
        G: gramian of the task gradients, ``[K, K]``; a tensor, or what ``torch.as_tensor`` takes.
        losses: task losses, ``[K]``, of at least 0.
        names: task names; None: "0", "1", ….
        also: weights of your own to put first, name -> ``[K]``; their ``needs`` is empty. One that is NaN leaves the
            row's other columns NaN.

    Returns:
        A tidy DataFrame with a row per method and task: ``method``, ``needs``, ``task``, ``weight``; ``share``, the
        weight divided by the sum of the weights' sizes; ``cosine`` of the update with the task's gradient; and, the
        same in each row of a method, ``cosine_with_mean`` (the mean gradient), ``length`` of the update ``√(wᵀGw)`` and
        ``conflicts``, the number of tasks with ``(Gw)_i < 0`` beyond rounding. A cosine with a zero vector is NaN.

    Raises:
        WorkbenchError: shapes that do not fit, a matrix that is no gramian, losses below 0, or names that are
            taken.
    """
    import numpy as np
    import pandas as pd

    G, losses = _checked(G, losses)
    K, known = len(losses), members("weighting")
    names = [str(i) for i in range(K)] if names is None else list(names)
    if len(names) != K or len(set(names)) < K:
        raise WorkbenchError(f"compare needs one name of its own per task: {K} tasks, names {short(names)}.")
    updates = [(method, "", _numbers(weights, f"also[{method!r}]")) for method, weights in (also or {}).items()]
    faults = [
        f"compare needs {K} weights for {method!r}, found {short(w.tolist())}."
        for method, _, w in updates
        if tuple(w.shape) != (K,)
    ]
    faults += [
        f"{method!r} is a weighting of its own; call yours otherwise." for method in also or {} if method in known
    ]
    if faults:
        raise WorkbenchError(*faults)
    for method, cls in known.items():
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


def _numbers(what: Any, name: str) -> Tensor:
    try:
        numbers = torch.as_tensor(what).detach()
    except (TypeError, ValueError, RuntimeError):
        raise WorkbenchError(f"compare needs numbers in {name}, found {short(what)}.") from None
    return numbers if numbers.is_floating_point() else numbers.double()


def _checked(G: Any, losses: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors of floating point numbers.

    Raises:
        WorkbenchError: they are no gramian and its losses.
    """
    G, losses = _numbers(G, "G"), _numbers(losses, "losses")
    K = len(losses) if losses.dim() == 1 else 0
    if K == 0 or tuple(G.shape) != (K, K):
        raise WorkbenchError(f"compare needs G [K, K] and losses [K], found {list(G.shape)} and {list(losses.shape)}.")
    if not (bool(torch.isfinite(G).all()) and bool(torch.isfinite(losses).all())):
        raise WorkbenchError("compare needs finite numbers in G and losses.")
    if bool((losses < 0).any()):
        raise WorkbenchError(f"compare needs losses of at least 0, found {short(losses.tolist())}.")
    lengths = G.diagonal().clamp(min=0).sqrt()
    limit = (1 + ROUNDING) * lengths[:, None] * lengths
    if bool(((G - G.T).abs() > ROUNDING * limit).any()) or bool((G.abs() > limit).any()):
        raise WorkbenchError(
            "compare needs a gramian G = J Jᵀ: symmetric, and no entry larger than |g_i| |g_j|, found "
            f"{short(G.tolist())}."
        )
    return G, losses


def _weights(weighting: Weighting, G: Tensor, losses: Tensor, names: Sequence[str]) -> Tensor:
    weighting.bind(names, device=G.device)
    losses = losses.detach().to(G)
    if isinstance(weighting, GramianWeighting):
        return weighting(G.detach(), losses=losses)
    assert isinstance(weighting, Scalarization)
    losses.requires_grad_()
    (weights,) = torch.autograd.grad(weighting(losses), losses)
    return weights
