"""The gradient of each task's loss, taken only when something asks."""

from workbench.gradients.base import Gradients, TaskGradients
from workbench.gradients.exact import Exact
from workbench.gradients.representation import Representation

__all__ = ["Exact", "Gradients", "Representation", "TaskGradients"]
