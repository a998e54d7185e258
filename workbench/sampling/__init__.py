"""Which examples make a batch."""

from workbench.sampling.base import Pool, Sampling
from workbench.sampling.by_loss import ByLoss
from workbench.sampling.class_balanced import ClassBalanced
from workbench.sampling.hard_example import HardExample
from workbench.sampling.proportional import Proportional
from workbench.sampling.round_robin import RoundRobin
from workbench.sampling.temperature import Temperature
from workbench.sampling.uniform import Uniform

__all__ = [
    "ByLoss",
    "ClassBalanced",
    "HardExample",
    "Pool",
    "Proportional",
    "RoundRobin",
    "Sampling",
    "Temperature",
    "Uniform",
]
