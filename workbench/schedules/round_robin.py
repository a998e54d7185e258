"""One task after the other."""

from workbench.component import register
from workbench.schedules.base import Schedule


@register("schedule", "round_robin", tags=("core",))
class RoundRobin(Schedule):
    """One task per step, in turn: task ``step mod K``."""

    def active(self, step: int, tasks: int) -> range:
        return range(step % tasks, step % tasks + 1)
