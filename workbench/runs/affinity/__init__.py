"""How much the tasks of a spec or a run help each other."""

from workbench.runs.affinity.agreement import agreement
from workbench.runs.affinity.measure import affinity
from workbench.runs.affinity.result import Affinity

__all__ = ["Affinity", "affinity", "agreement"]
