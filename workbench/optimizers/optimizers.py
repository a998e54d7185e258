"""torch's optimisers, by name."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import torch
from torch.optim import Optimizer

from workbench.component import Field, Slider, register
from workbench.optimizers.base import OptimizerChoice

WeightDecay = Annotated[float, Field(ge=0, description="weight decay"), Slider(0, 0.1)]


@register("optimizer", "adam", source="Kingma & Ba, ICLR 2015", tags=("core",))
class Adam(OptimizerChoice):
    """Adam: steps scaled by running moments; a constant factor on the loss changes nothing."""

    rule: ClassVar[type[Optimizer]] = torch.optim.Adam

    beta1: Annotated[float, Field(ge=0, lt=1, description="memory of the mean"), Slider(0, 0.99)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1, description="memory of the square"), Slider(0.9, 0.9999)] = 0.999
    weight_decay: WeightDecay = 0.0

    def build(self, groups: Iterable[dict[str, Any]], lr: float) -> Optimizer:
        made: Any = self.rule
        return made(groups, lr=lr, betas=(self.beta1, self.beta2), weight_decay=self.weight_decay, fused=True)


@register("optimizer", "adamw", source="Loshchilov & Hutter, ICLR 2019", tags=("core",))
class AdamW(Adam):
    """Adam with decoupled weight decay."""

    rule: ClassVar[type[Optimizer]] = torch.optim.AdamW

    weight_decay: WeightDecay = 0.01


@register("optimizer", "sgd", tags=("core",))
class SGD(OptimizerChoice):
    """Plain gradient steps, with momentum if wanted; the length of the update matters."""

    momentum: Annotated[float, Field(ge=0, lt=1, description="memory of past steps"), Slider(0, 0.99)] = 0.0
    weight_decay: WeightDecay = 0.0

    def build(self, groups: Iterable[dict[str, Any]], lr: float) -> Optimizer:
        return torch.optim.SGD(groups, lr=lr, momentum=self.momentum, weight_decay=self.weight_decay)
