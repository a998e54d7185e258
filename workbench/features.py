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
        """One vector per example, ``[batch, features]``: the mean over the positions that hold something.

        (What was given positions by a fusion may have been pooled in another way; it is set then.)
        """
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


def leading(parts: Sequence[Features]) -> Features:
    """The features with the most position axes, the first of them."""
    return max(parts, key=lambda part: part.values.dim())


def at_positions_of(lead: Features, part: Features) -> Tensor:
    """The values of a part at the positions of another, ``[batch, *positions, features]``.

    Itself where the positions are the same; else pooled, and repeated at every position.
    """
    if part.values.shape[:-1] == lead.values.shape[:-1]:
        return part.values
    positions = lead.values.shape[1:-1]
    return part.pooled.view(part.values.shape[0], *[1] * len(positions), -1).expand(-1, *positions, -1)


def aligned(parts: Sequence[Features]) -> list[Features]:
    """All parts at the positions of the leading one."""
    lead = leading(parts)
    return [part if part is lead else lead.but(at_positions_of(lead, part)) for part in parts]


def side_by_side(parts: Sequence[Features]) -> Features:
    """Several features as one, ``[batch, *positions, Σ features]``.

    They are joined at the positions of the leading part, the one with the most position axes (the first of them). A
    part with the same positions is joined there; any other is pooled and repeated at every position.
    """
    if len(parts) == 1:
        return parts[0]
    lead = leading(parts)
    masks = [part.mask for part in parts if part.mask is not None and part.mask.shape == lead.values.shape[:-1]]
    whole = torch.cat([at_positions_of(lead, part) for part in parts], dim=-1)
    return Features(whole, lead.mask if lead.mask is not None or not masks else masks[0])
