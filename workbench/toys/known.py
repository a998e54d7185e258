"""The toys by name."""

from typing import Any

from workbench.component import WorkbenchError, one_of
from workbench.toys.base import Toy
from workbench.toys.cagrad import CAGradLandscape
from workbench.toys.fonseca import Fonseca, Schaffer
from workbench.toys.quadratics import TwoQuadratics
from workbench.toys.zdt import ZDT1, ZDT2, ZDT3

TOYS: dict[str, type[Toy]] = {
    toy.name: toy for toy in (CAGradLandscape, TwoQuadratics, Fonseca, Schaffer, ZDT1, ZDT2, ZDT3)
}


def get(name: str, **settings: Any) -> Toy:
    """The toy of a name.

    Raises:
        WorkbenchError: an unknown name or setting, with the nearest valid one.
    """
    if name not in TOYS:
        raise WorkbenchError(f"There is no toy {name!r}: {one_of(name, TOYS)}.")
    return TOYS[name](**settings)
