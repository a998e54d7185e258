"""A column of stages per task, and units between the stages through which the columns see one another."""

from collections.abc import Sequence

from torch import Tensor, nn

from workbench.encoders.stages import Stages
from workbench.features import Features
from workbench.fusions.base import Table
from workbench.fusions.views import ViewPart


class Unit(nn.Module):
    """Stands behind a stage of all columns: what each column reads next, from what all of them gave."""

    def forward(self, xs: Sequence[Tensor], rows: Sequence[int]) -> list[Tensor]:
        """What the columns ``rows`` get; ``xs`` holds what every column gave."""
        raise NotImplementedError

    def own(self, task: int) -> list[nn.Parameter]:
        """The parameters of one row. They serve one task alone behind the last stage."""
        raise NotImplementedError

    def table(self, tasks: Sequence[str]) -> Table:
        """What goes from which column (columns) to which (rows)."""
        raise NotImplementedError


class Columns(ViewPart):
    """``x_k^l = unit_l(stage_l^1(x_1^{l-1}), …, stage_l^K(x_K^{l-1}))_k``, for one view.

    Args:
        columns: a fresh encoder per task.
        units: one per stage.
        called: what the tables of the units are called.
    """

    def __init__(self, columns: Sequence[Stages], units: Sequence[Unit], called: str) -> None:
        super().__init__()
        self.columns, self.units = nn.ModuleList(columns), nn.ModuleList(units)
        self.width, self.called = columns[0].features, called

    def forward(self, view: Tensor, tasks: Sequence[int]) -> dict[int, Features]:
        frame: Stages = self.columns[0]  # type: ignore[assignment]
        mask, xs = frame.mask(view), [view] * len(self.columns)
        for level, unit in enumerate(self.units):
            xs = [column.stages[level](x, mask) for column, x in zip(self.columns, xs, strict=True)]  # type: ignore[index, operator]
            xs = unit(xs, tasks if level == len(self.units) - 1 else range(len(self.columns)))
        return {k: frame.wrap(x, mask) for k, x in zip(tasks, xs, strict=True)}

    def own(self, task: int) -> list[nn.Parameter]:
        """Its row of the last unit: by all others, a column reaches every task."""
        return self.units[-1].own(task)  # type: ignore[operator]

    def inspect(self, view: Tensor, tasks: Sequence[str]) -> dict[str, Table]:
        units: list[Unit] = list(self.units)  # type: ignore[arg-type]
        return {f"{self.called} {level}": unit.table(tasks) for level, unit in enumerate(units, 1)}


def apart_rate(same: float, count: int) -> list[list[float]]:
    """``same`` on the diagonal, the rest of 1 spread evenly over the others; 1 where there are no others."""
    if count == 1:
        return [[1.0]]
    return [[same if i == j else (1 - same) / (count - 1) for j in range(count)] for i in range(count)]
