"""Label statistics: what the labels alone say, before anything is trained."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from workbench.affinities import association
from workbench.affinities.base import Estimate, Labels, Study, off_diagonal
from workbench.component import Field, WorkbenchError, register

#: fewest rows with both labels of which something is said
COMMON = 10
#: replicates of the bootstrap, and most values that one looks at
REPLICATES, VALUES = 100, 5000


@register("affinity", "labels", source="Pearson; Bergsma 2013 (Cramér's V); Kelley 1935 (correlation ratio)")
class LabelStatistics(Study):
    """How much do the labels of one task tell about those of another? Nothing is trained.

    ``association``: ``|Pearson's r|`` of two numbers, Cramér's V of two classifications, the correlation ratio of a
    classification and a number; the last two corrected for their bias. ``mutual_information``: in units of the
    geometric mean of both entropies, its bias taken off; numbers fall into ten quantile bins, which costs some of it.
    From 0 (nothing) to 1 (one follows from the other); symmetric; the diagonal is 1 by definition. Levels count as
    numbers; of several columns (yes-or-no labels) the mean is taken; tags pair with tags over the same words.

    It knows neither a sign nor a direction: related labels need not help each other, and tasks that share what they
    look at may have unrelated labels. NaN where fewer than ten rows have both labels, or one of them never varies, and
    for labels that do not lie side by side (a class per text and a tag per word, pixels). The standard error is that
    of a bootstrap over rows: 100 replicates, of 5,000 values at most.
    """

    needs: ClassVar[str] = "labels"
    limit: ClassVar[float | None] = 1.0
    statistic: Annotated[
        Literal["association", "mutual_information"],
        Field(description="correlation, Cramér's V and correlation ratio; or normalised mutual information"),
    ] = "association"

    def estimate(self, given: Sequence[Labels]) -> Estimate:
        """The map of the labels of every task.

        Raises:
            WorkbenchError: no two tasks have labels that can be compared.
        """
        matrix = torch.eye(len(given), dtype=torch.float64)
        se = torch.zeros_like(matrix)
        draws = Draws()
        for i, a in enumerate(given):
            for j in range(i):
                value, error = self._pair(a, given[j], draws)
                matrix[i, j] = matrix[j, i] = value
                se[i, j] = se[j, i] = error
        if bool(matrix[off_diagonal(len(given))].isnan().all()):
            raise WorkbenchError(
                f"The labels of {', '.join(repr(task.name) for task in given)} cannot be compared: 'labels' takes "
                f"classes, levels, numbers or yes-or-no labels, tags over the same words, and {COMMON} rows that have "
                "both labels."
            )
        return Estimate(matrix, se)

    def _pair(self, a: Labels, b: Labels, draws: "Draws") -> tuple[float, float]:
        """The statistic of two tasks and its standard error."""
        if a.present.shape != b.present.shape:
            return float("nan"), float("nan")
        common = a.present & b.present
        labelled = common.reshape(len(common), -1).any(1).nonzero().squeeze(1)
        n = len(labelled)
        if n < COMMON:
            return float("nan"), float("nan")
        value = self._statistic(torch.ones(1, n, dtype=torch.float64), labelled, common, a.values, b.values)
        drawn = min(n, max(COMMON, VALUES // common[0].numel()))
        some = labelled[torch.randperm(n, generator=torch.Generator().manual_seed(0))[:drawn]]
        found = self._statistic(draws.of(drawn), some, common, a.values, b.values)
        found = found[~found.isnan()]
        error = found.std().item() if len(found) > 1 else float("nan")
        return value.item(), error * (drawn / n) ** 0.5

    def _statistic(self, weights: Tensor, rows: Tensor, common: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """The statistic under every weighting of some rows, ``[B]``."""
        there = common[rows]
        each = weights if there.dim() == 1 else weights[:, there.nonzero()[:, 0]]
        a, b = a[rows][there], b[rows][there]
        if self.statistic == "mutual_information":
            pairs = [(x, y) for x in _classes(a) for y in _classes(b)]
            return torch.stack([association.mutual_information(each, x, y) for x, y in pairs]).nanmean(0)
        if a.is_floating_point() and b.is_floating_point():
            return association.correlation(each, a, b)
        if a.is_floating_point():
            return association.correlation_ratio(each, b, a)
        if b.is_floating_point():
            return association.correlation_ratio(each, a, b)
        return association.cramers_v(each, a, b)


class Draws:
    """How often every row is drawn in each replicate; the same for all pairs with as many rows."""

    def __init__(self) -> None:
        self.known: dict[int, Tensor] = {}

    def of(self, rows: int) -> Tensor:
        """``float64[replicates, rows]``."""
        if rows not in self.known:
            picks = torch.randint(rows, (REPLICATES, rows), generator=torch.Generator().manual_seed(1))
            weights = torch.zeros(REPLICATES, rows, dtype=torch.float64)
            self.known[rows] = weights.scatter_add_(1, picks, torch.ones_like(weights))
        return self.known[rows]


def _classes(values: Tensor) -> list[Tensor]:
    """Labels as classes: themselves, or every column of numbers in bins."""
    return [association.binned(column) for column in values.T] if values.is_floating_point() else [values]
