"""View -> features."""

from workbench.encoders.base import Codec, Encoder, View
from workbench.encoders.cnn import CNN
from workbench.encoders.mlp import MLP
from workbench.encoders.stages import Place, Plain, Stages, WordStages
from workbench.features import Features, side_by_side

__all__ = [
    "CNN",
    "MLP",
    "Codec",
    "Encoder",
    "Features",
    "Place",
    "Plain",
    "Stages",
    "View",
    "WordStages",
    "side_by_side",
]
