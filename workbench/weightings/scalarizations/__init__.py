"""Weightings of the losses alone: ``losses[K] -> scalar``."""

from workbench.weightings.scalarizations.dwa import DWA
from workbench.weightings.scalarizations.equal import Equal
from workbench.weightings.scalarizations.fixed import Fixed
from workbench.weightings.scalarizations.uncertainty import Uncertainty

__all__ = ["DWA", "Equal", "Fixed", "Uncertainty"]
