"""Small convolutional network."""

from typing import Annotated, ClassVar

from torch import nn

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.encoders.base import Encoder, View
from workbench.encoders.stages import Place, Plain, Stages


@register("encoder", "cnn", source="LeCun et al. 1998 (the layout)", tags=("core",))
class CNN(Encoder):
    """Convolution blocks that halve the image, then one fully connected layer.

    A block is ``relu(conv 3x3)`` followed by 2x2 max pooling; its channels double from block to block.

    Shapes: ``[batch, channels, height, width] -> [batch, width]``; height and width at least ``2 ** blocks``.
    """

    reads: ClassVar[tuple[str, ...]] = ("image",)

    channels: Annotated[int, Field(ge=1, description="channels of the first block"), Slider(4, 128, log=True)] = 32
    blocks: Annotated[int, Field(ge=1, description="number of blocks"), Slider(1, 5)] = 2
    width: Annotated[int, Field(ge=1, description="units of the last layer"), Slider(16, 512, log=True)] = 128
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of units dropped at the end"), Slider(0, 0.8)] = 0.0

    def build(self, view: View) -> Stages:
        shape = view.shape
        if min(shape[1:]) < 2**self.blocks:
            raise WorkbenchError(
                f"Encoder 'cnn': {self.blocks} blocks halve the image {self.blocks} times, but it has only "
                f"{shape[1]}x{shape[2]} pixels; at most {min(shape[1:]).bit_length() - 1} blocks."
            )
        stages, places = [], []
        inputs, outputs = shape[0], self.channels
        for _ in range(self.blocks):
            stages.append(Plain(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)))
            places.append(Place(outputs, 1))
            inputs, outputs = outputs, outputs * 2
        flat = inputs * (shape[1] // 2**self.blocks) * (shape[2] // 2**self.blocks)
        end: list[nn.Module] = [nn.Flatten(), nn.Linear(flat, self.width), nn.ReLU()]
        if self.dropout:
            end.append(nn.Dropout(self.dropout))
        return Stages([*stages, Plain(*end)], [*places, Place(self.width, -1)])
