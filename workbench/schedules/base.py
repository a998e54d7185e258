"""Which tasks train at a step."""

from abc import abstractmethod
from collections.abc import Sequence

from workbench.component import Component


class Schedule(Component):
    """Base of all schedules: picks the tasks of a step."""

    @abstractmethod
    def active(self, step: int, tasks: int) -> Sequence[int]:
        """Positions of the tasks that train at this step, ascending, at least one.

        Args:
            step: number of the step, from 0.
            tasks: how many tasks there are.
        """
