"""How much tasks help each other."""

from workbench.affinities.base import AffinityMeasure, Examples, FromGramian, Labels, Live, Study, Subsets
from workbench.affinities.cka import CKA
from workbench.affinities.first_order import FirstOrder
from workbench.affinities.grad_tae import GradTAE
from workbench.affinities.gradient_cosine import GradientCosine
from workbench.affinities.labels import LabelStatistics
from workbench.affinities.lookahead import Lookahead
from workbench.affinities.magnitude import MagnitudeSimilarity
from workbench.affinities.representations import Representations
from workbench.affinities.rsa import RSA
from workbench.affinities.transfer import Transfer

__all__ = [
    "CKA",
    "RSA",
    "AffinityMeasure",
    "Examples",
    "FirstOrder",
    "FromGramian",
    "GradTAE",
    "GradientCosine",
    "LabelStatistics",
    "Labels",
    "Live",
    "Lookahead",
    "MagnitudeSimilarity",
    "Representations",
    "Study",
    "Subsets",
    "Transfer",
]
