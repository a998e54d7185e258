"""The rule that turns a map of who helps whom into task weights."""

import torch
from torch import Tensor


def related_weights(Z: Tensor, target: int | None = None, tasks: Tensor | None = None) -> Tensor:
    """``w_i ∝ Σ_{j≠i} max(Z_{i→j}, 0)``; with a target t ``w_i ∝ max(Z_{i→t}, 0)``, and t as much as its best helper.

    Args:
        Z: the map, ``[..., K, K]``, rows help columns; the diagonal does not count, what is not finite counts as 0.
        target: position of t.
        tasks: positions of the tasks to weight; None: all.

    Returns:
        ``[..., K]`` of the chosen tasks, scaled to a mean of 1: equal where nobody helps, or the target alone.
    """
    eye = torch.eye(Z.shape[-1], dtype=torch.bool, device=Z.device)
    helps = torch.where(eye | ~Z.isfinite(), 0.0, Z.clamp(min=0))
    helps = helps / helps.amax((-2, -1), keepdim=True).clamp(min=torch.finfo(helps.dtype).tiny)
    if target is None:
        w = helps.sum(-1)
    else:
        w = helps[..., target].clone()
        w[..., target] = w.amax(-1)
        w[..., target] += (w[..., target] == 0).to(w)
    if tasks is not None:
        w = w[..., tasks]
    mean = w.mean(-1, keepdim=True)
    return torch.where(mean > 0, w / mean, 1.0)
