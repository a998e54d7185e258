"""Weightings of the task gradients' Gramian: ``G[..., K, K] -> weights[..., K]``."""

from workbench.weightings.gramian.affinity import Affinity
from workbench.weightings.gramian.aligned_mtl import AlignedMTL
from workbench.weightings.gramian.cagrad import CAGrad
from workbench.weightings.gramian.config import ConFIG
from workbench.weightings.gramian.cr_mogm import CRMOGM
from workbench.weightings.gramian.db_mtl import DBMTL
from workbench.weightings.gramian.dual import Dual
from workbench.weightings.gramian.dualproj import DualProj
from workbench.weightings.gramian.epo import EPO
from workbench.weightings.gramian.fairgrad import FairGrad
from workbench.weightings.gramian.gradnorm import GradNorm
from workbench.weightings.gramian.gradvac import GradVac
from workbench.weightings.gramian.imtl import IMTL
from workbench.weightings.gramian.imtl_g import IMTLG
from workbench.weightings.gramian.krum import Krum
from workbench.weightings.gramian.mgda import MGDA
from workbench.weightings.gramian.nash_mtl import NashMTL
from workbench.weightings.gramian.ntkmtl import NTKMTL
from workbench.weightings.gramian.pareto_mtl import ParetoMTL
from workbench.weightings.gramian.pcgrad import PCGrad
from workbench.weightings.gramian.psmgd import PSMGD
from workbench.weightings.gramian.upgrad import UPGrad

__all__ = [
    "CRMOGM",
    "DBMTL",
    "EPO",
    "IMTL",
    "IMTLG",
    "MGDA",
    "NTKMTL",
    "PSMGD",
    "Affinity",
    "AlignedMTL",
    "CAGrad",
    "ConFIG",
    "Dual",
    "DualProj",
    "FairGrad",
    "GradNorm",
    "GradVac",
    "Krum",
    "NashMTL",
    "PCGrad",
    "ParetoMTL",
    "UPGrad",
]
