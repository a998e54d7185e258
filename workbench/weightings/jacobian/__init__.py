"""Aggregators of the task gradients themselves: ``J[K, P] -> direction[P]``."""

from workbench.weightings.jacobian.graddrop import GradDrop

__all__ = ["GradDrop"]
