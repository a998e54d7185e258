"""Which tasks train together under a budget of networks.

A *network* trains a group of tasks; groups may overlap, and each task is answered by the network that serves it best.
What a group is worth comes from a table of measured results (``Measured``) or from pairwise affinities (``Pairwise``);
``grouping`` finds the best groups and proves it, or says how much better others may be.
"""

from workbench.affinities.grouping.build import evaluate
from workbench.affinities.grouping.entry import grouping
from workbench.affinities.grouping.measured import Measured
from workbench.affinities.grouping.pairwise import Pairwise
from workbench.affinities.grouping.result import Grouping

__all__ = ["Grouping", "Measured", "Pairwise", "evaluate", "grouping"]
