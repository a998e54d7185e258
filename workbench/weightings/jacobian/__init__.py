"""Aggregators of the task gradients themselves: ``J[K, P] -> direction[P]``."""

from workbench.weightings.jacobian.adatask import AdaTask
from workbench.weightings.jacobian.db_mtl_ema import DBMTLEMA
from workbench.weightings.jacobian.excess_mtl import ExcessMTL
from workbench.weightings.jacobian.graddrop import GradDrop
from workbench.weightings.jacobian.moco import MoCo
from workbench.weightings.jacobian.trimmed_mean import TrimmedMean

__all__ = ["DBMTLEMA", "AdaTask", "ExcessMTL", "GradDrop", "MoCo", "TrimmedMean"]
