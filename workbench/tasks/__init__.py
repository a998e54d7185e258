"""Task kinds: output, loss, metrics, and how to read a prediction."""

from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.regression import Regression

__all__ = ["Classification", "Regression", "Task"]
