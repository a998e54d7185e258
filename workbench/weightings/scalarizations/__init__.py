"""Weightings of the losses alone: ``losses[K] -> scalar``."""

from workbench.weightings.scalarizations.cosmos import COSMOS
from workbench.weightings.scalarizations.cov import CoV
from workbench.weightings.scalarizations.dwa import DWA
from workbench.weightings.scalarizations.equal import Equal
from workbench.weightings.scalarizations.famo import FAMO
from workbench.weightings.scalarizations.fixed import Fixed
from workbench.weightings.scalarizations.gls import GLS
from workbench.weightings.scalarizations.go4align import GO4Align
from workbench.weightings.scalarizations.imtl_l import IMTLL
from workbench.weightings.scalarizations.pbi import PBI
from workbench.weightings.scalarizations.rlw import RLW
from workbench.weightings.scalarizations.scale_invariant import ScaleInvariant
from workbench.weightings.scalarizations.slaw import SLAW
from workbench.weightings.scalarizations.stch import STCH
from workbench.weightings.scalarizations.task_dro import TaskDRO
from workbench.weightings.scalarizations.tchebycheff import Tchebycheff
from workbench.weightings.scalarizations.tilted import Tilted
from workbench.weightings.scalarizations.uncertainty import Uncertainty
from workbench.weightings.scalarizations.uw_so import UWSO

__all__ = [
    "COSMOS",
    "DWA",
    "FAMO",
    "GLS",
    "IMTLL",
    "PBI",
    "RLW",
    "SLAW",
    "STCH",
    "UWSO",
    "CoV",
    "Equal",
    "Fixed",
    "GO4Align",
    "ScaleInvariant",
    "TaskDRO",
    "Tchebycheff",
    "Tilted",
    "Uncertainty",
]
