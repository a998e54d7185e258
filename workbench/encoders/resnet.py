"""Residual networks."""

from typing import Annotated, ClassVar

from torch import nn

from workbench.component import Field, Slider, register
from workbench.encoders.backbone import Stem, Weights, resnet
from workbench.encoders.base import Encoder, View
from workbench.encoders.stages import Place, Plain, Stages

SOURCE = "He, Zhang, Ren & Sun, CVPR 2016; torchvision"
#: channels after stem and layers
CHANNELS = (64, 64, 128, 256, 512)


@register("encoder", "resnet18", source=SOURCE, tags=("core",))
class ResNet18(Encoder):
    """torchvision's residual network of 18 layers, pooled into one vector of 512 features.

    A block is ``relu(x + bn(conv(relu(bn(conv(x))))))``. Stages: stem, four layers, mean over all positions. Small
    images get a stem of one 3x3 convolution without pooling, as on CIFAR; else too little would be left of them.
    Weights are random unless ``weights`` names some of torchvision's (``DEFAULT``), which are downloaded once; views
    are then normalised as they expect, and a grey image is repeated to three channels. With the small stem the first
    convolution is random all the same.

    Unlike torchvision's own, batch normalisation has momentum 0.3 instead of 0.1, so that validation does not lag
    behind in short runs, and a batch of one value per channel uses the running statistics.

    Shapes: ``[batch, channels, height, width] -> [batch, 512]``, any size.
    """

    reads: ClassVar[tuple[str, ...]] = ("image",)
    torchvision_name: ClassVar[str] = "resnet18"

    weights: Weights = None
    stem: Stem = "auto"
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of features dropped"), Slider(0, 0.8)] = 0.0

    def build(self, view: View) -> Stages:
        parts = [Plain(part) for part in resnet(self.torchvision_name, view, self.stem, self.weights)]
        end: list[nn.Module] = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        if self.dropout:
            end.append(nn.Dropout(self.dropout))
        return Stages([*parts, Plain(*end)], [*(Place(channels, 1) for channels in CHANNELS), Place(CHANNELS[-1], -1)])


@register("encoder", "resnet34", source=SOURCE)
class ResNet34(ResNet18):
    """torchvision's residual network of 34 layers, pooled into one vector of 512 features.

    As ``resnet18``, with twice the blocks: about 21 instead of 11 million parameters.

    Shapes: ``[batch, channels, height, width] -> [batch, 512]``, any size.
    """

    torchvision_name: ClassVar[str] = "resnet34"
