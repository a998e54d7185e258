"""What was measured between the tasks of a run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.component import WorkbenchError

if TYPE_CHECKING:
    from workbench.plots import Figure
    from workbench.runs.run import Run
    from workbench.spec import Spec


@dataclass(frozen=True)
class Affinity:
    """How much tasks help each other.

    Attributes:
        matrix: ``[K, K]``, the mean over the measured steps; rows = train on, columns = helps.
        names: of the tasks.
        method: how it was measured.
        std: standard deviation over the measured steps, ``[K, K]`` (NaN with one step).
        conflict: share of the measured steps with a negative entry, ``[K, K]``.
        steps: the steps at which it was measured.
    """

    matrix: np.ndarray
    names: list[str]
    method: str
    std: np.ndarray
    conflict: np.ndarray
    steps: list[int]

    @classmethod
    def from_maps(cls, maps: list[tuple[int, np.ndarray]], names: list[str], method: str) -> "Affinity":
        """The mean over maps of single steps.

        Raises:
            WorkbenchError: no map was measured.
        """
        if not maps:
            raise WorkbenchError(
                "This run measured no affinity: it takes two tasks, shared parameters, and affinity= in its spec."
            )
        stack = np.stack([matrix for _, matrix in maps])
        known = ~np.isnan(stack)
        count = known.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(known, stack, 0).sum(0) / count
            square = (np.where(known, stack - mean, 0) ** 2).sum(0)
            std = np.sqrt(np.where(count > 1, square / (count - 1), np.nan))
            conflict = (np.where(known, stack, 0) < 0).sum(0) / count
        return cls(mean, names, method, std, conflict, [step for step, _ in maps])

    def heatmap(self) -> "Figure":
        """The map with numbers and their spread over steps."""
        from workbench.plots import heatmap

        several = len(self.steps) > 1
        title = f"{self.method.replace('_', ' ')}, mean of {len(self.steps)} step{'s' if several else ''}"
        return heatmap(self.matrix, self.names, title, self.std if several else None)

    def __repr__(self) -> str:
        import pandas as pd

        table = pd.DataFrame(self.matrix, self.names, self.names).round(3)
        return f"{self.method} over {len(self.steps)} steps, rows = train on, columns = helps\n{table}"

    def _repr_html_(self) -> Any:
        import pandas as pd

        return pd.DataFrame(self.matrix, self.names, self.names).round(3).to_html()


def affinity(source: "Spec | Run", method: str = "gradient_cosine") -> Affinity:
    """How much the tasks of a spec or a run help each other.

    Args:
        source: a run that measured it already, or a spec, which is then trained.
        method: a member of the family ``affinity``.

    Raises:
        WorkbenchError: an unknown method, or nothing to measure (one task, nothing shared).
    """
    from workbench.runs.run import Run
    from workbench.runs.train import train

    if isinstance(source, Run):
        found = source.affinity
        if found.method == method:
            return found
        source = source.spec
    return train(source.replace(affinity=method), progress=False).affinity
