"""Small fully convolutional network."""

from typing import Annotated, ClassVar

from torch import Tensor, nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.base import Encoder, View
from workbench.encoders.maps import ChannelsLast
from workbench.encoders.stages import Place, Plain, Stages


@register("encoder", "fcn", source="Long, Shelhamer & Darrell, CVPR 2015 (the idea)", tags=("core",))
class FCN(Encoder):
    """Convolutions only: blocks that halve the image, then dilated ones that look around; a map of features.

    A block is ``relu(norm(conv 3x3))`` followed by 2x2 max pooling; its channels double from block to block. Then come
    ``context`` such convolutions at that size, with dilation 1, 2, 4, …, each added to what it reads, so that a
    position knows its surroundings. ``norm`` is group normalisation: no batch statistics. The light choice for dense
    tasks on a CPU.

    Shapes: ``[batch, channels, height, width] -> [batch, height / 2 ** blocks, width / 2 ** blocks, features]``
    (rounded down), with ``channels * 2 ** (blocks - 1)`` features.
    """

    reads: ClassVar[tuple[str, ...]] = ("image",)
    gives: ClassVar[str] = "map"

    channels: Annotated[
        int, Field(ge=8, multiple_of=8, description="channels of the first block"), Slider(8, 128, step=8)
    ] = 32
    blocks: Annotated[int, Field(ge=1, description="number of blocks"), Slider(1, 5)] = 2
    context: Annotated[int, Field(ge=0, le=8, description="dilated convolutions after the blocks"), Slider(0, 5)] = 3
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of maps dropped at the end"), Slider(0, 0.8)] = 0.0

    def build(self, view: View) -> Stages:
        inputs, *size = view.shape
        if min(size) < 2**self.blocks:
            raise WorkbenchError(
                f"Encoder 'fcn': {self.blocks} blocks halve the image {self.blocks} times, but it has only "
                f"{size[0]}x{size[1]} pixels; at most {min(size).bit_length() - 1} blocks."
            )
        stages: list[nn.Module] = []
        places, outputs = [], self.channels
        for _ in range(self.blocks):
            stages.append(Plain(*convolution(inputs, outputs, 1), nn.MaxPool2d(2)))
            places.append(Place(outputs, 1))
            inputs, outputs = outputs, outputs * 2
        for number in range(self.context):
            stages.append(Around(inputs, 2**number))
            places.append(Place(inputs, 1))
        end: list[nn.Module] = [nn.Dropout2d(self.dropout)] if self.dropout else []
        return Stages([*stages, Plain(*end, ChannelsLast())], [*places, Place(inputs, -1)])


class Around(Plain):
    """``x + relu(norm(dilated conv 3x3(x)))``."""

    def __init__(self, channels: int, rate: int) -> None:
        super().__init__(*convolution(channels, channels, rate))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x + super().forward(x)


def convolution(inputs: int, outputs: int, rate: int) -> list[nn.Module]:
    """``relu(norm(conv 3x3))`` of the same size, looking ``rate`` pixels far, in groups of 8 channels."""
    return [
        nn.Conv2d(inputs, outputs, 3, padding=rate, dilation=rate, bias=False),
        nn.GroupNorm(outputs // 8, outputs),
        nn.ReLU(),
    ]
