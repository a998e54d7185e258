"""Aggregators of the task gradients themselves: ``J[K, P] -> direction[P]``."""

from workbench.weightings.jacobian.adatask import AdaTask
from workbench.weightings.jacobian.graddrop import GradDrop

__all__ = ["AdaTask", "GradDrop"]
