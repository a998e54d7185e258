"""Augmentation of training images, and of the labels that lie on them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

Augmented = Literal["none", "flip", "crop", "standard", "colour", "strong"]
Tensors = dict[str, Tensor]

#: a batch is dealt into so many parts, and each is changed in a way of its own
PARTS = 16


class Labels(tv_tensors.Mask):
    """Class numbers per pixel, -100 where missing."""


class Depths(tv_tensors.Mask):
    """Depths per pixel, NaN where unknown."""


class Normals(tv_tensors.Mask):
    """Surface normals per pixel, ``[..., 3, height, width]``, x to the right, NaN where unknown."""


class Originals(tv_tensors.Mask):
    """Images to be reconstructed, NaN where missing: they move as the input does, but keep their colours."""


@F.register_kernel("horizontal_flip", Normals)
def _flip_normals(normals: Tensor, **_: Any) -> Tensor:
    """A mirrored surface looks to the other side, too."""
    flipped = normals.as_subclass(Tensor).flip(-1)
    return tv_tensors.wrap(torch.cat([-flipped[..., :1, :, :], flipped[..., 1:, :, :]], dim=-3), like=normals)


#: what a view or target is (beside boxes) -> as torchvision's transforms know it
KINDS: dict[str, type[Tensor]] = {
    "image": tv_tensors.Image,
    "labels": Labels,
    "depth": Depths,
    "normals": Normals,
    "original": Originals,
}
#: what comes in from beyond the edge
FILL: dict[Any, float] = {
    Labels: -100,
    Depths: float("nan"),
    Normals: float("nan"),
    Originals: float("nan"),
    "others": 0,
}


class Augment:
    """Changes training batches at random, images and the labels on them alike.

    A batch is dealt into 16 parts, each of which is changed in one way, drawn from torch's global generator on the CPU.

    - ``flip``: mirrored left to right, one part in two; normals change the sign of x.
    - ``crop``: shifted by up to an eighth of its side each way; images get black at the edge, labels none.
    - ``colour``: brightness, contrast and saturation changed by up to 30 %, the hue by up to 5 %.
    - ``standard``: crop and flip; ``strong``: colour too.

    Args:
        name: which of these.
        size: height and width of the images.
        kinds: view or target -> ``image``, ``labels``, ``depth``, ``normals``, ``original`` (an image to be
            reconstructed) or ``boxes`` (``[batch, boxes, 4]``: left, top, right, bottom in pixels); those not named
            stay as they are.
    """

    def __init__(self, name: Augmented, size: Sequence[int], kinds: Mapping[str, str]) -> None:
        height, width = size
        crop = v2.RandomCrop((height, width), padding=[max(1, width // 8), max(1, height // 8)], fill=FILL)
        flip, colour = v2.RandomHorizontalFlip(), v2.ColorJitter(0.3, 0.3, 0.3, 0.05)
        self.transform = v2.Compose(
            {
                "none": [v2.Identity()],
                "flip": [flip],
                "crop": [crop],
                "colour": [colour],
                "standard": [crop, flip],
                "strong": [crop, flip, colour],
            }[name]
        )
        self.size, self.kinds = (height, width), dict(kinds)

    def __call__(self, views: Tensors, targets: Tensors) -> tuple[Tensors, Tensors]:
        """Views and targets of a batch, changed."""
        given = {(side, name): x for side, batch in enumerate((views, targets)) for name, x in batch.items()}
        moving = [key for key in given if key[1] in self.kinds]
        dealt = zip(*(given[key].tensor_split(min(PARTS, len(given[key]))) for key in moving), strict=True)
        changed = [self._changed(dict(zip(moving, part, strict=True))) for part in dealt]
        given |= {key: torch.cat([part[key] for part in changed]) for key in moving}
        return {name: given[0, name] for name in views}, {name: given[1, name] for name in targets}

    def _changed(self, part: dict[Any, Tensor]) -> dict[Any, Tensor]:
        known = {key: self._known(x, self.kinds[key[1]]) for key, x in part.items()}
        return {key: x.as_subclass(Tensor).view(part[key].shape) for key, x in self.transform(known).items()}

    def _known(self, x: Tensor, kind: str) -> Tensor:
        if kind == "boxes":
            return tv_tensors.BoundingBoxes(x.reshape(-1, 4), format="XYXY", canvas_size=self.size)  # type: ignore[call-overload]
        return KINDS[kind](x)
