"""How much a set of trade-offs dominates."""

import torch
from torch import Tensor


def hypervolume(points: Tensor, reference: tuple[float, float] = (1.1, 1.1)) -> Tensor:
    """The exact area that two-loss points dominate, bounded by a reference point; larger is better.

    With the points sorted by the first loss, ``Σ_i (z_1 − f_1^i) (best f_2 before − f_2^i)``, where only points that
    improve on all before them count and the best before the first is ``z_2``. A hypervolume says nothing without its
    reference point: name it.

    Args:
        points: losses, ``[..., n, 2]``, in any order; those beyond the reference count nothing.
        reference: ``(z_1, z_2)``, worse than what matters in both losses.

    Returns:
        ``[...]``.
    """
    z = torch.as_tensor(reference, dtype=points.dtype, device=points.device)
    inside = (points < z).all(-1, keepdim=True)
    points = torch.where(inside, points, z)  # on the reference: no area
    order = points[..., 0].argsort(dim=-1)
    first, second = (points[..., k].gather(-1, order) for k in (0, 1))
    best = torch.cat([z[1].expand_as(second[..., :1]), second], -1).cummin(-1).values
    return ((z[0] - first) * (best[..., :-1] - best[..., 1:])).sum(-1)
