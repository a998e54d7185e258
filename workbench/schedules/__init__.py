"""Which tasks train at a step."""

from workbench.schedules.active import Active
from workbench.schedules.affinity_groups import AffinityGroups
from workbench.schedules.all_tasks import AllTasks
from workbench.schedules.annealed import Annealed
from workbench.schedules.base import Schedule
from workbench.schedules.exp3 import Exp3
from workbench.schedules.fallback import Fallback
from workbench.schedules.pike import PiKE
from workbench.schedules.proportional import Proportional
from workbench.schedules.round_robin import RoundRobin
from workbench.schedules.son_goku import SonGoku
from workbench.schedules.temperature import Temperature

__all__ = [
    "Active",
    "AffinityGroups",
    "AllTasks",
    "Annealed",
    "Exp3",
    "Fallback",
    "PiKE",
    "Proportional",
    "RoundRobin",
    "Schedule",
    "SonGoku",
    "Temperature",
]
