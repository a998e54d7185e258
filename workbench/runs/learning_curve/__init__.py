"""Does multi-task learning help when there is little data? A spec and its single tasks over shares of the rows."""

from workbench.runs.learning_curve.entry import learning_curve
from workbench.runs.learning_curve.result import LearningCurve

__all__ = ["LearningCurve", "learning_curve"]
