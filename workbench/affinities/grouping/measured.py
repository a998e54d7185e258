"""Results of networks that were trained on groups of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.affinities.grouping.check import faults, named_direction
from workbench.component import WorkbenchError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Measured:
    """A table of trained networks: what each makes of the tasks it was trained on.

    Attributes:
        names: of the K tasks.
        values: result of each of n networks for each task, ``[n, K]``; NaN where the network does not train the task.
            Tasks are added up, so give them one scale.
        lower_is_better: True for losses and errors, False for accuracies and gains; one direction for all tasks.
        costs: what each network takes out of the budget, ``[n]``; 1 each where none are given.
        labels: a name for each network.

    Raises:
        WorkbenchError: everything that is wrong with the table, a sentence each.
    """

    names: Sequence[str]
    values: np.ndarray
    lower_is_better: bool
    costs: np.ndarray | None = None
    labels: Sequence[str] | None = None

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=float)
        costs = np.ones(len(values)) if self.costs is None else np.array(self.costs, dtype=float)
        named_direction(self.lower_is_better)
        found = faults(list(self.names), values, costs, [f"Row {row + 1}" for row in range(len(values))], "The table")
        if found:
            raise WorkbenchError(*found)
        labels = self.labels or [f"network {row + 1}" for row in range(len(values))]
        if len(labels) != len(values):
            raise WorkbenchError(f"The table has {len(values)} networks and {len(labels)} labels.")
        for name, value in {
            "names": tuple(self.names),
            "values": values,
            "costs": costs,
            "labels": tuple(labels),
        }.items():
            object.__setattr__(self, name, value)

    @property
    def members(self) -> np.ndarray:
        """Which tasks each network trains, ``bool[n, K]``."""
        return ~np.isnan(self.values)

    @property
    def losses(self) -> np.ndarray:
        """The values so turned that smaller is better, infinite where the network does not train the task."""
        turned = self.values if self.lower_is_better else -self.values
        return np.where(self.members, turned, np.inf)

    @property
    def prices(self) -> np.ndarray:
        """The costs, ``[n]``."""
        assert self.costs is not None  # __post_init__ sees to that
        return self.costs

    def alone(self) -> np.ndarray:
        """Each task in a network of its own, ``[K]``: the one of highest cost; NaN where there is none."""
        members = self.members
        return np.array(
            [
                self._standard(members[:, task] & (members.sum(1) == 1))[task]  # in this network and no other task
                for task in range(len(self.names))
            ]
        )

    def together(self) -> np.ndarray:
        """All tasks in one network, ``[K]``: the one of highest cost; NaN where there is none."""
        return self._standard(np.asarray(self.members.all(1)))

    def _standard(self, wanted: np.ndarray) -> np.ndarray:
        rows = np.flatnonzero(wanted)
        if not len(rows):
            return np.full(len(self.names), np.nan)
        return self.values[rows[np.argmax(self.prices[rows])]]

    @classmethod
    def read(cls, source: "str | Path | pd.DataFrame", lower_is_better: bool) -> "Measured":
        """A table from a CSV file or a DataFrame: a column per task, a row per network.

        An empty cell says that the task is not in the network. A column ``cost`` holds what the network takes out of
        the budget (without it 1 each), a column ``network`` its name. Cells of a file are separated by commas,
        semicolons or tabs.

        Args:
            source: path of the file, or a DataFrame.
            lower_is_better: True for losses and errors, False for accuracies and gains.

        Raises:
            WorkbenchError: everything that is wrong, with file, row (the header is row 1) and column.
        """
        from workbench.affinities.grouping.reading import read

        return cls(**read(source, lower_is_better))

    @classmethod
    def taskonomy(cls, split: str | Path = "validation") -> "Measured":
        """Losses of 36 networks, trained on every subset of five Taskonomy tasks (Standley et al., ICML 2020).

        The tasks are semantic segmentation ``s``, depth ``d``, surface normals ``n``, keypoints ``k`` and edges ``E``;
        the files name no columns, the letters follow the order of the paper, and ``k`` and ``E`` may be the other way
        round. A file has 32 lines of tab-separated cells. Line 1 is not a network of all five: it holds five networks
        of one task each, of half the size, cost 1/2. Lines 2 to 32 hold a network each, cost 1.

        Args:
            split: ``"validation"`` or ``"test"``, of the first setting of the paper, which come with the workbench
                (MIT licence, from the repository tstandley/taskgrouping); else the path of a file of that layout.

        Raises:
            WorkbenchError: a file of another layout.
        """
        from workbench.affinities.grouping.reading import taskonomy

        return cls(**taskonomy(split))
