"""How much tasks help each other."""

from workbench.affinities.base import AffinityMeasure, Examples, FromGramian, Labels, Live, Study, Subsets
from workbench.affinities.first_order import FirstOrder
from workbench.affinities.gradient_cosine import GradientCosine
from workbench.affinities.lookahead import Lookahead
from workbench.affinities.magnitude import MagnitudeSimilarity

__all__ = [
    "AffinityMeasure",
    "Examples",
    "FirstOrder",
    "FromGramian",
    "GradientCosine",
    "Labels",
    "Live",
    "Lookahead",
    "MagnitudeSimilarity",
    "Study",
    "Subsets",
]
