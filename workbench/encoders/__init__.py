"""View -> features."""

from workbench.encoders.base import Codec, Encoder, View
from workbench.encoders.cnn import CNN
from workbench.encoders.dilated_resnet import DilatedResNet
from workbench.encoders.fcn import FCN
from workbench.encoders.mlp import MLP
from workbench.encoders.resnet import ResNet18, ResNet34
from workbench.encoders.stages import Place, Plain, Stages, WordStages
from workbench.encoders.vit import ViTTiny
from workbench.features import Features, side_by_side

__all__ = [
    "CNN",
    "FCN",
    "MLP",
    "Codec",
    "DilatedResNet",
    "Encoder",
    "Features",
    "Place",
    "Plain",
    "ResNet18",
    "ResNet34",
    "Stages",
    "ViTTiny",
    "View",
    "WordStages",
    "side_by_side",
]
