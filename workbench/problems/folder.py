"""Dense prediction from a folder of npy files: NYUv2 and Cityscapes as others have prepared them."""

from pathlib import Path
from typing import Annotated, Literal

import torch
from torch import Tensor

from workbench.component import Field, WorkbenchError, register
from workbench.problems.base import Problem, Raw
from workbench.problems.npy_files import check_sizes, names_of, stack
from workbench.tasks.base import Task
from workbench.tasks.depth import Depth
from workbench.tasks.normals import Normals
from workbench.tasks.segmentation import Segmentation

#: content -> names of the classes
CLASSES = {
    "nyuv2": "bed books ceiling chair floor furniture objects picture sofa table tv wall window".split(),
    "cityscapes": "flat construction object nature sky human vehicle".split(),
}
#: task -> the folders that may hold it
FOLDERS = {"segmentation": ("label", "label_7"), "depth": ("depth",), "normals": ("normal",)}
TASKS = {"nyuv2": ("segmentation", "depth", "normals"), "cityscapes": ("segmentation", "depth")}


@register("problem", "folder", source="Liu, Johns & Davison, CVPR 2019 (the data); LibMTL (the layout)")
class NpyFolder(Problem):
    """Segmentation, depth and normals from a folder of npy files: NYUv2 and Cityscapes as LibMTL has them.

    Below ``path`` are ``train`` and ``val``, in each ``image``, ``label`` (or ``label_7``), ``depth`` and, for NYUv2,
    ``normal``, with a file per picture, named alike in all of them: ``0.npy``, ``1.npy``, …. Images and normals are
    ``[height, width, 3]``, images 0 to 1; labels ``[height, width]``, depths ``[height, width]`` or ``[…, 1]``. A label
    of -1 is missing, and so are a depth of 0 and a normal of three zeros.

    NYUv2 has 13 classes and depth in metres; Cityscapes 7 classes and inverse depth (disparity). ``val`` are the
    official pictures on which papers report: they make the test split, unless there is a folder ``test`` too;
    validation pictures are then split off the training ones by the seed. All is held in memory: NYUv2 at full size
    takes 6 GB; ``size`` and ``limit`` make it smaller.
    """

    gives = ("image",)
    wants = ("map",)

    path: Annotated[str, Field(description="folder that holds train and val")]
    content: Annotated[
        Literal["nyuv2", "cityscapes"], Field(description="which classes, and whether there are normals")
    ] = "nyuv2"
    size: Annotated[
        list[int] | None, Field(min_length=2, max_length=2, description="height, width to which all is brought")
    ] = None
    limit: Annotated[int | None, Field(ge=1, description="only the first pictures of each folder; none: all")] = None
    augment: Annotated[
        Literal["none", "flip", "crop", "standard", "colour", "strong"],
        Field(description="changes of training pictures and labels; standard: crop and flip; strong: colour too"),
    ] = "none"

    def setup(self) -> None:
        if self.size is not None and min(self.size) < 8:
            raise WorkbenchError(f"Problem 'folder': size = {self.size} should be at least 8 pixels each way.")

    def load(self, seed: int) -> Raw:
        root, classes = Path(self.path).expanduser(), CLASSES[self.content]
        splits = {"train": root / "train", "test": root / "val"}
        if (root / "test").is_dir():
            splits = {"train": root / "train", "val": root / "val", "test": root / "test"}
        stacks: dict[str, list[Tensor]] = {"image": [], **{task: [] for task in self.task_names()}}
        fixed, start = {}, 0
        for split, folder in splits.items():
            where = self._folders(folder)
            names = names_of(folder, where)[: self.limit]
            for key, place in where.items():
                files = [place / f"{name}.npy" for name in names]
                like = stacks[key][0].shape[1:] if stacks[key] else None
                stacks[key].append(stack(files, key, len(classes), self.size, like))
            if split != "train":
                fixed[split] = torch.arange(start, start + len(names))
            start += len(names)
        data = {key: torch.cat(parts) for key, parts in stacks.items()}
        check_sizes(root, data)
        image = data.pop("image")
        tasks: dict[str, Task] = {
            "segmentation": Segmentation("segmentation", classes),
            "depth": Depth("depth", unit="m" if self.content == "nyuv2" else "disparity"),
            "normals": Normals("normals"),
        }
        raw = Raw({"image": image}, {"image": "image"}, data, [tasks[name] for name in data], fixed)
        if self.augment != "none":
            from workbench.problems.augment import Augment

            kinds = {"image": "image", "segmentation": "labels", "depth": "depth", "normals": "normals"}
            raw.augment = Augment(self.augment, image.shape[2:], kinds)
        return raw

    def task_names(self) -> list[str]:
        return list(TASKS[self.content])

    def _folders(self, folder: Path) -> dict[str, Path]:
        """``image`` and each task -> its folder in a split.

        Raises:
            WorkbenchError: every folder that is missing.
        """
        candidates = {"image": ("image",), **{task: FOLDERS[task] for task in self.task_names()}}
        found = {
            key: folder / name for key, names in candidates.items() for name in names[::-1] if (folder / name).is_dir()
        }
        faults = [
            f"Problem 'folder': there is no folder {folder / names[0]}; {self.content} needs train and val with "
            f"image, {', '.join(FOLDERS[task][0] for task in self.task_names())} below {folder.parent}."
            for key, names in candidates.items()
            if key not in found
        ]
        if faults:
            raise WorkbenchError(*faults)
        return found
