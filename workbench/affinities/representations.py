"""What measures of representations share: a matrix between inputs for every network, and its noise."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from workbench.affinities.base import Estimate, Study, off_diagonal
from workbench.component import Field, Slider, WorkbenchError

#: groups of inputs, of which the jackknife leaves out one at a time
GROUPS = 20


class Representations(Study):
    """Base of the measures that compare how networks tell inputs apart.

    The standard error is a delete-group jackknife over the inputs: twenty random groups, each left out once. (A
    bootstrap would draw some inputs twice, and a pair of the same input looks perfectly alike to every network, which
    raises any such measure.) It does not tell how much another training run would change the networks.
    """

    needs: ClassVar[str] = "representations"
    limit: ClassVar[float | None] = 1.0
    examples: Annotated[int, Field(ge=40, description="validation examples, at most"), Slider(64, 2048, log=True)] = 512

    def estimate(self, given: Mapping[str, Tensor]) -> Estimate:
        """The map of features of the same inputs.

        Args:
            given: task -> what its network makes of the inputs, ``[n, features]``.

        Raises:
            WorkbenchError: fewer than 40 inputs.
        """
        n = len(next(iter(given.values())))
        if n < 2 * GROUPS:
            raise WorkbenchError(f"Representations are compared on {2 * GROUPS} inputs at least, found {n}.")
        between = torch.stack([self.between(x.double()) for x in given.values()])
        matrix = self.similarity(between)
        matrix = (matrix + matrix.T) / 2  # symmetric to the last digit, however many threads multiplied it
        order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
        replicates = []
        for group in range(GROUPS):
            kept = order[torch.arange(n) % GROUPS != group]
            replicates.append(self.similarity(between[:, kept][:, :, kept]))
        spread = torch.stack(replicates).var(0, correction=0)
        se = (spread * (GROUPS - 1)).sqrt()
        return Estimate(matrix, torch.where(off_diagonal(len(given)), se, torch.zeros_like(se)), GROUPS - 1)

    @abstractmethod
    def between(self, x: Tensor) -> Tensor:
        """A symmetric matrix between inputs, ``[n, n]``, from features ``[n, features]``."""

    @abstractmethod
    def similarity(self, between: Tensor) -> Tensor:
        """The map ``[K, K]`` from the matrices of all networks, ``[K, n, n]``."""
