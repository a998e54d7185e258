"""Residual network with dilated convolutions, for dense prediction."""

from typing import Annotated, ClassVar, Literal

from torch import nn

from workbench.component import Field, Slider, register
from workbench.encoders.backbone import Stem, Weights, resnet, small
from workbench.encoders.base import Encoder, View
from workbench.encoders.maps import ChannelsLast
from workbench.encoders.stages import Place, Plain, Stages

#: channels after the layers of networks with basic blocks (18, 34) and with bottlenecks (50, 101)
BASIC, BOTTLENECK = (64, 128, 256, 512), (256, 512, 1024, 2048)


@register("encoder", "dilated_resnet", source="Yu, Koltun & Funkhouser, CVPR 2017; torchvision", tags=("core",))
class DilatedResNet(Encoder):
    """torchvision's residual network whose last layers dilate instead of halving: a map of features.

    A layer that would make the map coarser than ``stride`` keeps its size, and its 3x3 convolutions look twice as far
    (as with torchvision's ``replace_stride_with_dilation``, here for all depths, also 18 and 34). Stages: stem, four
    layers, channels last. Stem and weights are those of ``resnet18``; with the small stem nothing is dilated at
    stride 8. A finer map costs: at stride 4 the last layer has four times the positions.

    Shapes: ``[batch, channels, height, width] -> [batch, ceil(height / stride), ceil(width / stride), features]``, 512
    features for 18 and 34 layers, 2048 for 50 and 101.
    """

    reads: ClassVar[tuple[str, ...]] = ("image",)
    gives: ClassVar[str] = "map"

    depth: Annotated[Literal[18, 34, 50, 101], Field(description="number of layers")] = 18
    stride: Annotated[Literal[4, 8, 16], Field(description="pixels of the image per position of the map")] = 8
    weights: Weights = None
    stem: Stem = "auto"
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of maps dropped at the end"), Slider(0, 0.8)] = 0.0

    def build(self, view: View) -> Stages:
        stem, *layers = resnet(f"resnet{self.depth}", view, self.stem, self.weights)
        reached, rate = 1 if small(view, self.stem, self.weights) else 4, 1
        for layer in layers[1:]:
            if reached < self.stride:
                reached *= 2
            else:
                dilate(layer, rate, rate * 2)
                rate *= 2
        channels = BASIC if self.depth < 50 else BOTTLENECK
        end: list[nn.Module] = [nn.Dropout2d(self.dropout)] if self.dropout else []
        return Stages(
            [*(Plain(part) for part in (stem, *layers)), Plain(*end, ChannelsLast())],
            [Place(64, 1), *(Place(count, 1) for count in channels), Place(channels[-1], -1)],
        )


def dilate(layer: nn.Module, before: int, after: int) -> None:
    """Make a layer keep its size: no strides, ``before`` as dilation of its first block, ``after`` of the others."""
    for number, block in enumerate(layer.children()):
        rate = after if number else before
        for conv in block.modules():
            if isinstance(conv, nn.Conv2d):
                conv.stride = (1, 1)
                if conv.kernel_size == (3, 3):
                    conv.dilation = conv.padding = (rate, rate)
