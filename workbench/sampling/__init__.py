"""Which examples make a batch."""

from workbench.sampling.base import Sampling
from workbench.sampling.uniform import Uniform

__all__ = ["Sampling", "Uniform"]
