"""Data as problems: views in, one target per task, split into train, val and test."""

from workbench.problems.base import SPLITS, Data, FittedView, Problem, Raw, View
from workbench.problems.census import Census
from workbench.problems.digit_pairs import DigitPairs
from workbench.problems.digits import Digits
from workbench.problems.folder import NpyFolder
from workbench.problems.gradnorm_toy import GradNormToy
from workbench.problems.images import Images
from workbench.problems.intents import Intents
from workbench.problems.plane import Plane
from workbench.problems.scenes import SceneImages
from workbench.problems.sines import Sines
from workbench.problems.split import prepare
from workbench.problems.summaries import Summaries
from workbench.problems.table import Table
from workbench.problems.tagging import TaggedSentences
from workbench.problems.text import LabelledTexts
from workbench.problems.views import Views

__all__ = [
    "SPLITS",
    "Census",
    "Data",
    "DigitPairs",
    "Digits",
    "FittedView",
    "GradNormToy",
    "Images",
    "Intents",
    "LabelledTexts",
    "NpyFolder",
    "Plane",
    "Problem",
    "Raw",
    "SceneImages",
    "Sines",
    "Summaries",
    "Table",
    "TaggedSentences",
    "View",
    "Views",
    "prepare",
]
