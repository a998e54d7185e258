"""Several predictions of one task that are trained apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Several:
    """The outputs of several heads for one task; the task's loss is the mean of theirs.

    Attributes:
        parts: the outputs.
        resample: row numbers -> how much each example counts for each part, ``[parts, batch]``, or None: all alike.
    """

    parts: list[Any]
    resample: Callable[[Tensor], Tensor | None]

    def loss(self, of: Callable[[Any, Tensor | None], Tensor], rows: Tensor, weights: Tensor | None) -> Tensor:
        """The mean of the parts' losses.

        Args:
            of: an output and the weights of the examples (None: all alike) -> its loss.
            rows: row numbers of the examples.
            weights: of the examples, ``[batch]``; None: all alike.
        """
        counts = self.resample(rows)
        if counts is None:
            return torch.stack([of(part, weights) for part in self.parts]).mean()
        each = counts if weights is None else counts * weights
        return torch.stack([of(part, row) for part, row in zip(self.parts, each, strict=True)]).mean()
