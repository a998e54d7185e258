"""Which tasks train at a step."""

from workbench.schedules.all_tasks import AllTasks
from workbench.schedules.base import Schedule
from workbench.schedules.round_robin import RoundRobin

__all__ = ["AllTasks", "RoundRobin", "Schedule"]
