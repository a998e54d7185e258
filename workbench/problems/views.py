"""Handwritten digits as several views of one object."""

from typing import Annotated, ClassVar

import torch

from workbench.component import Field, register
from workbench.problems.base import Raw
from workbench.problems.digits import Digits


@register("problem", "views", source="scikit-learn's bundled part of the UCI optical digits", tags=("core",))
class Views(Digits):
    """Handwritten digits seen in three ways, for fusion: the image, the ink per row, the ink per column.

    The digits and tasks of ``digits``. Views: ``image`` ``[1, 8, 8]``, ``rows`` and ``columns`` ``[8]``, the mean grey
    value of each row and of each column: two projections of the image, each of which leaves open what the other tells.
    A logistic regression reads 80 % of the digits from the rows, 56 % from the columns, 90 % from both, 95 % from the
    image. ``ink`` follows from either profile alone. ``slant`` follows from neither, nor from both: a ridge regression
    reaches an R² of 0.71 from the rows, 0.06 from the columns, 0.73 from both and 0.96 from the image.
    ``image = False`` leaves the image out, so that only fusing the two profiles can do well.
    """

    gives: ClassVar[tuple[str, ...]] = ("image", "vector")

    image: Annotated[bool, Field(description="give the image too, not the two profiles alone")] = True

    def load(self, seed: int) -> Raw:
        raw = super().load(seed)
        pixels = raw.views["image"]
        assert isinstance(pixels, torch.Tensor)
        profiles = {"rows": pixels.mean(dim=(1, 3)), "columns": pixels.mean(dim=(1, 2))}
        raw.views = {**(raw.views if self.image else {}), **profiles}
        raw.kinds = {name: "image" if name == "image" else "vector" for name in raw.views}
        return raw
