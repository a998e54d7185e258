"""View -> features."""

from workbench.encoders.base import Codec, Encoder, View
from workbench.encoders.bert import Bert
from workbench.encoders.bilstm import BiLSTM
from workbench.encoders.cnn import CNN
from workbench.encoders.dilated_resnet import DilatedResNet
from workbench.encoders.fcn import FCN
from workbench.encoders.mlp import MLP
from workbench.encoders.resnet import ResNet18, ResNet34
from workbench.encoders.stages import Place, Plain, Stages, WordStages
from workbench.encoders.tfidf import TfIdf
from workbench.encoders.transformer import Transformer
from workbench.encoders.vit import ViTTiny
from workbench.encoders.words import Vocabulary, WordEncoder, tokenize
from workbench.features import Features, side_by_side

__all__ = [
    "CNN",
    "FCN",
    "MLP",
    "Bert",
    "BiLSTM",
    "Codec",
    "DilatedResNet",
    "Encoder",
    "Features",
    "Place",
    "Plain",
    "ResNet18",
    "ResNet34",
    "Stages",
    "TfIdf",
    "Transformer",
    "ViTTiny",
    "View",
    "Vocabulary",
    "WordEncoder",
    "WordStages",
    "side_by_side",
    "tokenize",
]
