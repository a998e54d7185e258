"""Two images overlaid: the MultiMNIST recipe."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, register
from workbench.files import cache_folder, make_folder
from workbench.problems.base import SPLITS, Problem, Raw
from workbench.problems.digits import load_digit_images
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification

DIGITS = tuple(str(number) for number in range(10))
CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
#: at most so many pairs are resized at once
CHUNK = 4096


@register("problem", "digit_pairs", source="Sabour et al., NeurIPS 2017; Sener & Koltun, NeurIPS 2018", tags=("core",))
class DigitPairs(Problem):
    """Two digits overlaid with a shift; one task reads the left one, the other the right one (MultiMNIST).

    Both images are laid on a larger canvas, the left one at (0, 0), the right one shifted down and right, with the
    pixel-wise maximum where they overlap. View ``image``, grey values 0 … 1; tasks ``left`` and ``right``, ten classes
    each.

    - ``digits``: 8 x 8 images, canvas 10 x 10, right one at (2, 2), kept at ``[1, 10, 10]``.
    - ``mnist``, ``fashion_mnist``: 28 x 28 images, canvas 36 x 36, right one at (6, 6), resized (bilinear,
      anti-aliased) to ``[1, 28, 28]``, as Sener & Koltun do; other codes keep 36 x 36.

    Pairs are drawn with replacement by the seed, from images that were split before: an image that is seen in training
    is in no validation or test pair. Each split gets its share of ``pairs`` by its number of images; the source's
    official test images make the test pairs and nothing else.
    """

    gives = ("image",)

    source: Annotated[
        Literal["digits", "mnist", "fashion_mnist"], Field(description="where the single images come from")
    ] = "digits"
    root: Annotated[
        str | None, Field(description="folder that holds MNIST/raw or FashionMNIST/raw; none: the workbench's cache")
    ] = None
    download: Annotated[bool, Field(description="fetch the images when they are not there")] = False
    pairs: Annotated[
        int, Field(ge=30, le=200_000, description="pairs drawn, all splits together"), Slider(500, 20_000, log=True)
    ] = 5000

    def load(self, seed: int) -> Raw:
        """The single images; ``compose`` makes the pairs once these are split."""
        fixed = {}
        if self.source == "digits":
            images, labels = load_digit_images()
        else:
            images, labels = self._from_torchvision(train=True)
            test_images, test_labels = self._from_torchvision(train=False)
            fixed["test"] = torch.arange(len(labels), len(labels) + len(test_labels))
            images, labels = torch.cat([images, test_images]), torch.cat([labels, test_labels])
        return Raw(
            {"image": images},
            {"image": "image"},
            {"single": labels},
            [Classification("single", self._classes())],
            fixed,
        )

    def compose(self, raw: Raw, splits: dict[str, Tensor], seed: int) -> tuple[Raw, dict[str, Tensor]]:
        images, labels = raw.views["image"], raw.targets["single"]
        assert isinstance(images, Tensor)
        generator = torch.Generator().manual_seed(seed % 2**63)
        share = self.pairs / sum(len(rows) for rows in splits.values())
        lefts, rights, pair_splits, start = [], [], {}, 0
        for split in SPLITS:
            rows = splits[split]
            count = max(1, round(share * len(rows)))
            lefts.append(rows[torch.randint(len(rows), (count,), generator=generator)])
            rights.append(rows[torch.randint(len(rows), (count,), generator=generator)])
            pair_splits[split] = torch.arange(start, start + count)
            start += count
        left, right = torch.cat(lefts), torch.cat(rights)
        pairs = torch.cat(
            [overlay(images[a], images[b]) for a, b in zip(left.split(CHUNK), right.split(CHUNK), strict=True)]
        )
        targets = {"left": labels[left], "right": labels[right]}
        tasks: list[Task] = [Classification(name, self._classes()) for name in targets]
        return Raw({"image": pairs}, {"image": "image"}, targets, tasks), pair_splits

    def task_names(self) -> list[str]:
        return ["left", "right"]

    def _classes(self) -> tuple[str, ...]:
        return CLOTHES if self.source == "fashion_mnist" else DIGITS

    def _from_torchvision(self, train: bool) -> tuple[Tensor, Tensor]:
        from torchvision import datasets

        root = Path(self.root).expanduser() if self.root else cache_folder()
        kind: Any = datasets.MNIST if self.source == "mnist" else datasets.FashionMNIST
        looked = root / kind.__name__ / "raw"
        if self.download:
            make_folder(root)
        try:
            found = kind(root=os.fspath(root), train=train, download=self.download)
        except (OSError, RuntimeError, ValueError, AssertionError, KeyError) as error:  # as torchvision raises them
            way = (
                f"fetching them failed ({type(error).__name__}: {str(error).partition(chr(10))[0]}); check "
                "the connection, or copy the files there"
                if self.download
                else "set download=True, or root to the folder that has them whole"
            )
            raise WorkbenchError(
                f"Problem 'digit_pairs': the {self.source} images are not whole in {looked}: {way}."
            ) from error
        return found.data.float().div(255).unsqueeze(1), found.targets.long()


def overlay(left: Tensor, right: Tensor) -> Tensor:
    """Pairs of square images ``[pairs, 1, side, side]`` overlaid by the recipe of ``DigitPairs``.

    The canvas has 10 pixels for 8 (right image at 2) and 36 for 28 (right image at 6, then resized to 28).
    """
    side = left.shape[-1]
    canvas, shift = (10, 2) if side == 8 else (36, 6)
    before = F.pad(left, (0, canvas - side, 0, canvas - side))
    rest = canvas - side - shift
    both = torch.maximum(before, F.pad(right, (shift, rest, shift, rest)))
    if side == 8:
        return both
    return F.interpolate(both, size=(side, side), mode="bilinear", align_corners=False, antialias=True)
