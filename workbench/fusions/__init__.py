"""How tasks share: encoded views -> what each head reads."""

from workbench.fusions.attention import Attention
from workbench.fusions.base import Fusion, NewEncoder, Sharing, Table
from workbench.fusions.cgc import CGC
from workbench.fusions.conditional import Conditional
from workbench.fusions.cross_stitch import CrossStitch
from workbench.fusions.dselect_k import DSelectK
from workbench.fusions.early import Early
from workbench.fusions.ensemble import Ensemble
from workbench.fusions.gated import Gated
from workbench.fusions.independent import Independent
from workbench.fusions.late import Late
from workbench.fusions.ltb import LTB
from workbench.fusions.mmoe import MMoE
from workbench.fusions.model import Model, build_model
from workbench.fusions.mtan import MTAN
from workbench.fusions.nddr import NDDR
from workbench.fusions.partitioned import Partitioned
from workbench.fusions.ple import PLE
from workbench.fusions.several import Several
from workbench.fusions.shared import Shared
from workbench.fusions.sluice import Sluice
from workbench.fusions.soft import Soft

__all__ = [
    "CGC",
    "LTB",
    "MTAN",
    "NDDR",
    "PLE",
    "Attention",
    "Conditional",
    "CrossStitch",
    "DSelectK",
    "Early",
    "Ensemble",
    "Fusion",
    "Gated",
    "Independent",
    "Late",
    "MMoE",
    "Model",
    "NewEncoder",
    "Partitioned",
    "Several",
    "Shared",
    "Sharing",
    "Sluice",
    "Soft",
    "Table",
    "build_model",
]
