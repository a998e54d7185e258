"""torchvision's residual networks, taken apart into stages."""

from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn

from workbench.component import Field, WorkbenchError, one_of
from workbench.encoders.base import View

#: images whose smaller side has fewer pixels get the small stem
SMALL = 64
#: mean and spread per channel of the images that torchvision's weights were learned on
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# settings of the encoders that are made of them
Weights = Annotated[str | None, Field(description="torchvision's weights, DEFAULT for the newest; none: random")]
Stem = Annotated[
    Literal["auto", "small", "standard"],
    Field(description="small: one 3x3 convolution; auto: small below 64 pixels a side, without weights"),
]


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation for short runs and small batches.

    The running statistics forget faster than torchvision's (momentum 0.3 instead of 0.1), which lag behind a network
    that is learning fast: with resnet18 on ``digits``, the validation accuracy after 17, 34 and 51 steps was .12, .59
    and .93, and is .94, .95 and .95. A batch of a single value per channel, which has no spread, uses them too.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, momentum=0.3)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel() == x.shape[1]:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(x)


class Normalise(nn.Module):
    """Images 0 … 1, grey or coloured, as torchvision's weights expect them: ``[batch, 3, height, width]``."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


def resnet(name: str, view: View, stem: Stem, weights: Weights) -> list[nn.Module]:
    """The parts of a residual network: stem and four layers, of which the last three halve the image each.

    Args:
        name: of torchvision's model, such as ``"resnet18"``.
        view: the images, any number of channels (1 or 3 where weights are given).
        stem: ``"small"``: one 3x3 convolution at full size; ``"standard"``: a 7x7 convolution and pooling, a quarter
            of the size; ``"auto"``: standard where weights are given or the image has 64 pixels or more a side.
        weights: name of torchvision's weights, None for random ones.

    Returns:
        stem, layer1 … layer4, each ``[batch, channels, height, width]`` to the same.

    Raises:
        WorkbenchError: unknown weights, weights that cannot be had, channels that do not fit them.
    """
    from torchvision import models

    model: Any = getattr(models, name)(norm_layer=BatchNorm)
    if weights is not None:
        _load(model, name, view, weights)
    elif view.shape[0] != 3:
        model.conv1 = nn.Conv2d(view.shape[0], 64, 7, stride=2, padding=3, bias=False)
        _initialise(model.conv1)
    first: list[nn.Module] = [Normalise()] if weights is not None else []
    if small(view, stem, weights):
        model.conv1 = nn.Conv2d(3 if weights is not None else view.shape[0], 64, 3, padding=1, bias=False)
        _initialise(model.conv1)
        first += [model.conv1, model.bn1, model.relu]
    else:
        first += [model.conv1, model.bn1, model.relu, model.maxpool]
    return [nn.Sequential(*first), model.layer1, model.layer2, model.layer3, model.layer4]


def small(view: View, stem: Stem, weights: Weights) -> bool:
    """Whether the stem is the small one."""
    return stem == "small" or (stem == "auto" and weights is None and min(view.shape[1:]) < SMALL)


def _initialise(layer: nn.Conv2d) -> None:
    """As torchvision initialises its own."""
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def _load(model: nn.Module, name: str, view: View, weights: str) -> None:
    from torchvision.models import get_model_weights

    if view.shape[0] not in (1, 3):
        raise WorkbenchError(
            f"Encoder {name!r}: weights = {weights!r} are for images of 3 channels (or 1, which is repeated), view "
            f"{view.name!r} has {view.shape[0]}; leave weights out."
        )
    known: Any = get_model_weights(name)
    if weights not in known.__members__:
        raise WorkbenchError(f"Encoder {name!r} has no weights {weights!r}: {one_of(weights, known.__members__)}.")
    try:
        state = known[weights].get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise WorkbenchError(
            f"Encoder {name!r}: the weights {weights!r} cannot be had ({str(error).splitlines()[0]}); copy "
            f"{known[weights].url.rpartition('/')[2]} to {torch.hub.get_dir()}/checkpoints, or leave weights out."
        ) from error
    model.load_state_dict(state)
