"""Every task at every step."""

from workbench.component import register
from workbench.schedules.base import Schedule


@register("schedule", "all", tags=("core",))
class AllTasks(Schedule):
    """Every task trains at every step."""

    def active(self, step: int, tasks: int) -> range:
        return range(tasks)
