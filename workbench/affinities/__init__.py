"""How much tasks help each other."""

from workbench.affinities.base import AffinityMeasure
from workbench.affinities.gradient_cosine import GradientCosine

__all__ = ["AffinityMeasure", "GradientCosine"]
