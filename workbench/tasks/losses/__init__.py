"""What one label costs inside a task."""

from workbench.tasks.losses.base import Loss
from workbench.tasks.losses.class_balanced import ClassBalanced
from workbench.tasks.losses.cross_entropy import CrossEntropy
from workbench.tasks.losses.focal import Focal
from workbench.tasks.losses.huber import Huber
from workbench.tasks.losses.l1 import L1
from workbench.tasks.losses.lll import LLL
from workbench.tasks.losses.mean_teacher import MeanTeacher
from workbench.tasks.losses.mse import MSE
from workbench.tasks.losses.pseudo_labels import PseudoLabels

__all__ = [
    "L1",
    "LLL",
    "MSE",
    "ClassBalanced",
    "CrossEntropy",
    "Focal",
    "Huber",
    "Loss",
    "MeanTeacher",
    "PseudoLabels",
]
