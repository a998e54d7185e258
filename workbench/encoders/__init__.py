"""View -> features."""

from workbench.encoders.base import Encoder
from workbench.encoders.cnn import CNN
from workbench.encoders.mlp import MLP

__all__ = ["CNN", "MLP", "Encoder"]
