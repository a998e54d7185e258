"""Task kinds: output, loss, metrics, and how to read a prediction."""

from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.depth import Depth
from workbench.tasks.language_modelling import LanguageModelling
from workbench.tasks.multilabel import MultiLabel
from workbench.tasks.normals import Normals
from workbench.tasks.ordinal import Ordinal
from workbench.tasks.reconstruction import Reconstruction
from workbench.tasks.regression import Regression
from workbench.tasks.segmentation import Segmentation
from workbench.tasks.sequence_to_sequence import SequenceToSequence
from workbench.tasks.tagging import Tagging

__all__ = [
    "Classification",
    "Depth",
    "LanguageModelling",
    "MultiLabel",
    "Normals",
    "Ordinal",
    "Reconstruction",
    "Regression",
    "Segmentation",
    "SequenceToSequence",
    "Tagging",
    "Task",
]
