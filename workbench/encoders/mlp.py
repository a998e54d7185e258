"""Multi-layer perceptron."""

from math import prod
from typing import Annotated, ClassVar

from torch import nn

from workbench.component import Field, Slider, register
from workbench.encoders.base import Encoder, View
from workbench.encoders.stages import Place, Plain, Stages


@register("encoder", "mlp", tags=("core",))
class MLP(Encoder):
    """Fully connected layers with ReLU; an image is flattened first.

    ``h_0 = flatten(x)``, ``h_l = dropout(relu(W_l h_{l-1} + b_l))`` for ``l = 1 … depth``.

    Shapes: ``[batch, *shape] -> [batch, width]``.
    """

    reads: ClassVar[tuple[str, ...]] = ("vector", "image")

    width: Annotated[int, Field(ge=1, description="units per layer"), Slider(16, 512, log=True)] = 128
    depth: Annotated[int, Field(ge=1, description="number of layers"), Slider(1, 6)] = 2
    dropout: Annotated[float, Field(ge=0, lt=1, description="share of units dropped"), Slider(0, 0.8)] = 0.0

    def build(self, view: View) -> Stages:
        stages, features = [], prod(view.shape)
        for number in range(self.depth):
            layers: list[nn.Module] = [nn.Linear(features, self.width), nn.ReLU()]
            if number == 0:
                layers.insert(0, nn.Flatten())
            if self.dropout:
                layers.append(nn.Dropout(self.dropout))
            stages.append(Plain(*layers))
            features = self.width
        return Stages(stages, [Place(self.width, -1)] * self.depth)
