"""What encoders give, fusions pass on and heads read: features, and which of their positions hold something."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(eq=False)
class Features:
    """Features of a batch, the feature axis last.

    Attributes:
        values: ``[batch, features]`` (a vector per example), ``[batch, length, features]`` (a sequence) or
            ``[batch, height, width, features]`` (a map).
        mask: ``bool[batch, *positions]``, True where there is something; None: everywhere.
    """

    values: Tensor
    mask: Tensor | None = None

    @property
    def width(self) -> int:
        """Number of features."""
        return self.values.shape[-1]

    @cached_property
    def pooled(self) -> Tensor:
        """One vector per example, ``[batch, features]``: the mean over the positions that hold something."""
        if self.values.dim() == 2:
            return self.values
        flat = self.values.flatten(1, -2)
        if self.mask is None:
            return flat.mean(1)
        there = self.mask.flatten(1).unsqueeze(-1).to(flat)
        return (flat * there).sum(1) / there.sum(1).clamp(min=1)

    def but(self, values: Tensor) -> "Features":
        """Other values at the same positions."""
        return Features(values, self.mask)


def side_by_side(parts: Sequence[Features]) -> Features:
    """Several features as one, ``[batch, *positions, Σ features]``.

    Parts with the same positions are joined there; a vector beside a sequence or a map is repeated at every position;
    where positions differ all parts are pooled first.
    """
    if len(parts) == 1:
        return parts[0]
    shapes = {part.values.shape[1:-1] for part in parts if part.values.dim() > 2}
    if len(shapes) != 1:
        return Features(torch.cat([part.pooled for part in parts], dim=-1))
    (shape,) = shapes
    whole = [
        part.values
        if part.values.dim() > 2
        else part.values.reshape(len(part.values), *[1] * len(shape), -1).expand(-1, *shape, -1)
        for part in parts
    ]
    masks = [part.mask for part in parts if part.mask is not None]
    return Features(torch.cat(whole, dim=-1), masks[0] if masks else None)
