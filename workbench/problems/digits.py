"""Handwritten digits, six tasks."""

from typing import ClassVar

import torch
from torch import Tensor

from workbench.component import register
from workbench.problems.base import Problem, Raw
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.regression import Regression

TASKS = ("digit", "parity", "large", "loops", "ink", "slant")
#: digit -> number of holes
LOOPS = (1, 0, 0, 0, 0, 0, 1, 0, 2, 1)


@register("problem", "digits", source="scikit-learn's bundled part of the UCI optical digits", tags=("core",))
class Digits(Problem):
    """Handwritten digits: which digit, even or odd, large or small, how many loops, how much ink, how slanted.

    1,797 grey images of 8 x 8 pixels that come with scikit-learn; nothing is downloaded. The view ``image`` is
    ``[1, 8, 8]``, 0 (paper) to 1 (ink). The tasks:

    - ``digit``: the ten digits.
    - ``parity``: even or odd.
    - ``large``: below 5, or 5 and more.
    - ``loops``: the number of holes the digit is usually drawn with: 1 for 0, 6 and 9; 2 for 8; none for the
      others. A 4 counts as open, as it is mostly drawn in this set.
    - ``ink``: regression, the mean grey value (0 … 1).
    - ``slant``: regression, the shear ``-mu11 / mu02`` in columns per row: how far the strokes lean to the right. With
      grey values g as mass, column x, row y counted downwards, and their means x' and y' under g:
      ``mu11 = sum g (x - x') (y - y')`` and ``mu02 = sum g (y - y')^2``.

    The first four follow from the digit alone, so they must help one another; the last two follow from the image alone.
    """

    gives: ClassVar[tuple[str, ...]] = ("image",)

    def load(self, seed: int) -> Raw:
        images, digit = load_digit_images()
        targets = {
            "digit": digit,
            "parity": digit % 2,
            "large": (digit >= 5).long(),
            "loops": torch.tensor(LOOPS)[digit],
            "ink": images.mean(dim=(1, 2, 3)),
            "slant": slant(images),
        }
        tasks: list[Task] = [
            Classification("digit", [str(number) for number in range(10)]),
            Classification("parity", ["even", "odd"]),
            Classification("large", ["below 5", "5 and more"]),
            Classification("loops", ["none", "one", "two"]),
            Regression("ink", unit="grey value"),
            Regression("slant", unit="columns per row"),
        ]
        return Raw({"image": images}, {"image": "image"}, targets, tasks)

    def task_names(self) -> list[str]:
        return list(TASKS)


def load_digit_images() -> tuple[Tensor, Tensor]:
    """scikit-learn's digits: images ``[1797, 1, 8, 8]`` from 0 to 1, and the digits ``int64[1797]``."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return torch.tensor(bunch.images / 16, dtype=torch.float32).unsqueeze(1), torch.tensor(bunch.target).long()


def slant(images: Tensor) -> Tensor:
    """The shear ``-mu11 / mu02`` of grey images ``[rows, 1, height, width]``, ``float64[rows]``; positive leans right.

    0 where all ink lies in one row of pixels, or there is none.
    """
    mass = images.squeeze(1).double()
    height, width = mass.shape[1:]
    mass = mass / mass.sum(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    y = torch.arange(height, dtype=torch.float64).view(1, height, 1)
    x = torch.arange(width, dtype=torch.float64).view(1, 1, width)
    y = y - (mass * y).sum(dim=(1, 2), keepdim=True)
    x = x - (mass * x).sum(dim=(1, 2), keepdim=True)
    mu11 = (mass * x * y).sum(dim=(1, 2))
    mu02 = (mass * y.square()).sum(dim=(1, 2))
    return torch.where(mu02 > 1e-9, -mu11 / mu02.clamp(min=1e-9), 0.0)
