"""Optimisers and learning-rate schedules: torch's own, by name."""

from workbench.optimizers.base import LearningRateSchedule, OptimizerChoice
from workbench.optimizers.lr_schedules import Constant, Cosine, Step
from workbench.optimizers.optimizers import SGD, Adam, AdamW

__all__ = ["SGD", "Adam", "AdamW", "Constant", "Cosine", "LearningRateSchedule", "OptimizerChoice", "Step"]
