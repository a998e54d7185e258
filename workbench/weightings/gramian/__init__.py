"""Weightings of the task gradients' Gramian: ``G[..., K, K] -> weights[..., K]``."""

from workbench.weightings.gramian.cagrad import CAGrad
from workbench.weightings.gramian.mgda import MGDA
from workbench.weightings.gramian.pcgrad import PCGrad

__all__ = ["MGDA", "CAGrad", "PCGrad"]
