"""Task losses, and for some task gradients, -> one update."""

from typing import Any

from workbench.component import component
from workbench.weightings.base import GramianWeighting, JacobianAggregator, Scalarization, Weighting
from workbench.weightings.cagrad import CAGrad
from workbench.weightings.dwa import DWA
from workbench.weightings.equal import Equal
from workbench.weightings.fixed import Fixed
from workbench.weightings.graddrop import GradDrop
from workbench.weightings.mgda import MGDA
from workbench.weightings.pcgrad import PCGrad
from workbench.weightings.uncertainty import Uncertainty

__all__ = [
    "DWA",
    "MGDA",
    "CAGrad",
    "Equal",
    "Fixed",
    "GradDrop",
    "GramianWeighting",
    "JacobianAggregator",
    "PCGrad",
    "Scalarization",
    "Uncertainty",
    "Weighting",
    "get",
]


def get(name: str, **settings: Any) -> Weighting:
    """The bare mathematical object behind a name: ``needs`` says what to call it with.

    Raises:
        WorkbenchError: an unknown name or setting, with the nearest valid one.
    """
    return component("weighting", name)(**settings)  # type: ignore[return-value]
