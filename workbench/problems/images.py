"""Any image classification set of torchvision."""
# ruff: noqa: RUF012 (a component copies the defaults of its settings)

from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, one_of, register
from workbench.files import cache_folder, make_folder
from workbench.problems import image_sets
from workbench.problems.base import Problem, Raw
from workbench.problems.celeba import ATTRIBUTES
from workbench.problems.coarse import COARSE, coarse_of
from workbench.problems.split import thin
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.reconstruction import Reconstruction

RECONSTRUCTION = "reconstruction"


@register("problem", "images", source="torchvision.datasets", tags=("core",))
class Images(Problem):
    """Images of any classification set of torchvision: their class, and a coarser one where the classes have it.

    ``dataset`` is torchvision's name (FashionMNIST, CIFAR10, CIFAR100, SVHN, Food101, …) and ``root`` the folder in
    which torchvision looks for it. ``ImageFolder`` is a folder of one's own with a folder of images per class, or with
    train, val and test of that kind. The view ``image`` is ``[channels, height, width]``, 0 to 1.

    Tasks: ``class``; ``coarse``, where classes fall into groups: the kind of clothes (FashionMNIST), animal or vehicle
    (CIFAR10, STL10), the 20 superclasses (CIFAR100), even or odd (MNIST, QMNIST, USPS, SVHN, SEMEION). CelebA has its
    ``attributes`` instead, a task of two classes each. ``reconstruct`` adds ``reconstruction``, which needs no
    labels: with ``labelled`` below 1 it is what the other training images are for.

    The official test part is the test split and nothing else, an official validation part the validation split; what
    else is needed is split off the training part by the seed. Sets with train and val only are tested on val, as in the
    literature. Augmentation is for training batches alone; letters and digits should not be flipped.
    """

    gives = ("image",)

    dataset: Annotated[str, Field(description="torchvision's name of the set, or ImageFolder")] = "FashionMNIST"
    root: Annotated[str | None, Field(description="folder that holds the set; none: the workbench's cache")] = None
    download: Annotated[bool, Field(description="fetch the set when it is not there")] = False
    size: Annotated[
        int | None, Field(ge=8, le=512, description="pixels a side to which images are brought; none: as they are")
    ] = None
    limit: Annotated[
        int | None, Field(ge=10, description="at most so many images of each part, drawn by the seed; none: all")
    ] = None
    attributes: Annotated[list[str], Field(description="CelebA: attributes, one task each; empty: all 40")] = []
    reconstruct: Annotated[bool, Field(description="add the task of reconstructing the image")] = False
    labelled: Annotated[
        float, Field(gt=0, le=1, description="share of the training images that keep their labels"), Slider(0.01, 1)
    ] = 1.0
    augment: Annotated[
        Literal["none", "flip", "crop", "standard", "colour", "strong"],
        Field(description="changes of training images; standard: crop and flip; strong: colour too"),
    ] = "none"

    def setup(self) -> None:
        image_sets.check_name(self.dataset)
        faults = [
            f"CelebA has no attribute {a!r}: {one_of(a, ATTRIBUTES)}." for a in self.attributes if a not in ATTRIBUTES
        ]
        if self.attributes and self.dataset != "CelebA":
            faults = [f"Problem 'images': attributes are for CelebA, not for {self.dataset}; leave them out."]
        if faults:
            raise WorkbenchError(*faults)

    def load(self, seed: int) -> Raw:
        root = Path(self.root).expanduser() if self.root else cache_folder()
        if self.download:
            make_folder(root)
        found = image_sets.open_sets(self.dataset, root, self.download)
        parts = {split: image_sets.read(part, self._rows(part, seed), self.size) for split, part in found.items()}
        images = torch.cat([part.images for part in parts.values()])
        labels = torch.cat([part.labels for part in parts.values()])
        fixed, start = {}, 0
        for split, part in parts.items():
            if split != "train":
                fixed[split] = torch.arange(start, start + len(part.labels))
            start += len(part.labels)
        if self.dataset == "CelebA":
            tasks, targets = self._attributes(labels)
        else:
            tasks, targets = self._classes(image_sets.classes_of(found["train"], labels), labels)
        if self.reconstruct:
            tasks.append(Reconstruction(RECONSTRUCTION))
            targets[RECONSTRUCTION] = images
        return Raw({"image": images}, {"image": "image"}, targets, tasks, fixed, augment=self._augment(images))

    def compose(self, raw: Raw, splits: dict[str, Tensor], seed: int) -> tuple[Raw, dict[str, Tensor]]:
        """Takes the labels of the other training images away, where only a share of them keep theirs."""
        if self.labelled == 1:
            return raw, splits
        labels = {name: target for name, target in raw.targets.items() if name != RECONSTRUCTION}
        kept = thin(splits["train"], [next(iter(labels.values())).numpy()], self.labelled, seed)
        without = splits["train"][~torch.isin(splits["train"], kept)]
        for name, target in labels.items():
            raw.targets[name] = target.index_fill(0, without, -100)
        return raw, splits

    def task_names(self) -> list[str]:
        names = ["class", *(["coarse"] if self.dataset in COARSE else [])]
        if self.dataset == "CelebA":
            names = self.attributes or list(ATTRIBUTES)
        return [*names, *([RECONSTRUCTION] if self.reconstruct else [])]

    def _rows(self, part: object, seed: int) -> list[int] | None:
        rows = len(part)  # type: ignore[arg-type]
        if self.limit is None or self.limit >= rows:
            return None
        generator = torch.Generator().manual_seed(seed % 2**63)
        return torch.randperm(rows, generator=generator)[: self.limit].sort().values.tolist()

    def _classes(self, classes: list[str], labels: Tensor) -> tuple[list[Task], dict[str, Tensor]]:
        tasks: list[Task] = [Classification("class", classes)]
        targets = {"class": labels}
        if self.dataset in COARSE:
            groups, number = coarse_of(self.dataset, classes)
            tasks.append(Classification("coarse", groups))
            targets["coarse"] = number[labels]
        return tasks, targets

    def _attributes(self, labels: Tensor) -> tuple[list[Task], dict[str, Tensor]]:
        names = self.attributes or list(ATTRIBUTES)
        tasks: list[Task] = [Classification(name, ["no", "yes"]) for name in names]
        return tasks, {name: labels[:, ATTRIBUTES.index(name)] for name in names}

    def _augment(self, images: Tensor) -> Any:
        if self.augment == "none":
            return None
        from workbench.problems.augment import Augment

        return Augment(self.augment, images.shape[2:], {"image": "image", RECONSTRUCTION: "original"})
