"""Two objectives whose best trade-offs are known exactly: what methods can be judged on."""

from workbench.toys.base import Toy
from workbench.toys.cagrad import CAGradLandscape
from workbench.toys.fonseca import Fonseca, Schaffer
from workbench.toys.hypervolume import hypervolume
from workbench.toys.known import TOYS, get
from workbench.toys.quadratics import TwoQuadratics
from workbench.toys.zdt import ZDT1, ZDT2, ZDT3

__all__ = [
    "TOYS",
    "ZDT1",
    "ZDT2",
    "ZDT3",
    "CAGradLandscape",
    "Fonseca",
    "Schaffer",
    "Toy",
    "TwoQuadratics",
    "get",
    "hypervolume",
]
