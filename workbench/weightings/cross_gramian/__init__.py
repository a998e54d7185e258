"""Weightings of the cross-gramian of two independent samples: ``A[..., K, K] = J₁J₂ᵀ -> weights[..., K]``."""

from workbench.weightings.cross_gramian.modo import MoDo
from workbench.weightings.cross_gramian.sdmgrad import SDMGrad

__all__ = ["MoDo", "SDMGrad"]
