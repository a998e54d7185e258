"""Dense prediction from a folder of npy files: NYUv2 and Cityscapes as others have prepared them."""

import re
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import Field, WorkbenchError, register
from workbench.problems.base import Problem, Raw
from workbench.problems.reading import LISTED
from workbench.tasks.base import Task
from workbench.tasks.depth import Depth
from workbench.tasks.normals import Normals
from workbench.tasks.segmentation import Segmentation

#: content -> names of the classes
CLASSES = {
    "nyuv2": "bed books ceiling chair floor furniture objects picture sofa table tv wall window".split(),
    "cityscapes": "flat construction object nature sky human vehicle".split(),
}
#: task -> the folders that may hold it, and how many numbers a pixel has
TASKS = {"segmentation": (("label", "label_7"), 1), "depth": (("depth",), 1), "normals": (("normal",), 3)}
FOLDERS = {"nyuv2": ("segmentation", "depth", "normals"), "cityscapes": ("segmentation", "depth")}


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
        root = Path(self.path).expanduser()
        splits = {"train": root / "train", "test": root / "val"}
        if (root / "test").is_dir():
            splits = {"train": root / "train", "val": root / "val", "test": root / "test"}
        stacks: dict[str, list[Tensor]] = {"image": [], **{task: [] for task in self.task_names()}}
        fixed, start = {}, 0
        for split, folder in splits.items():
            where = self._folders(folder)
            names = _names(folder, where)[: self.limit]
            for key, place in where.items():
                files = [place / f"{name}.npy" for name in names]
                stacks[key].append(self._stack(files, key, stacks[key][0].shape[1:] if stacks[key] else None))
            if split != "train":
                fixed[split] = torch.arange(start, start + len(names))
            start += len(names)
        data = {key: torch.cat(parts) for key, parts in stacks.items()}
        _check_sizes(root, data)
        image = data.pop("image")
        classes = CLASSES[self.content]
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
        return list(FOLDERS[self.content])

    def _folders(self, folder: Path) -> dict[str, Path]:
        """``image`` and each task -> its folder in a split.

        Raises:
            WorkbenchError: every folder that is missing.
        """
        candidates = {"image": ("image",), **{task: TASKS[task][0] for task in self.task_names()}}
        found = {
            key: folder / name for key, names in candidates.items() for name in names[::-1] if (folder / name).is_dir()
        }
        faults = [
            f"Problem 'folder': there is no folder {folder / names[0]}; {self.content} needs train and val with "
            f"image, {', '.join(TASKS[task][0][0] for task in self.task_names())} below {folder.parent}."
            for key, names in candidates.items()
            if key not in found
        ]
        if faults:
            raise WorkbenchError(*faults)
        return found

    def _stack(self, files: list[Path], key: str, like: torch.Size | None) -> Tensor:
        """All files of a folder as one tensor, missing values marked."""
        numbers = TASKS[key][1] if key in TASKS else 3
        parts: list[Tensor] = []
        faults: list[str] = []
        for file in files:
            try:
                part = _read(file, numbers)
                part = self._marked(part, key, file)
                part = part if self.size is None else _resized(part, self.size, key)
                wanted = like or (parts[0].shape if parts else part.shape)
                if part.shape != wanted:
                    raise WorkbenchError(
                        f"{file}: {_pixels(part)} pixels, but the pictures before it have "
                        f"{_pixels(torch.empty(wanted, device='meta'))}; all must be alike, or set size."
                    )
                parts.append(part)
            except WorkbenchError as error:
                faults += error.faults
        if faults:
            raise WorkbenchError(*faults[:LISTED], *([f"… and {len(faults) - LISTED} more."] * (len(faults) > LISTED)))
        return torch.stack(parts)

    def _marked(self, part: Tensor, key: str, file: Path) -> Tensor:
        """One picture's numbers as the tasks want them: missing labels -100, depths and normals NaN."""
        if key == "image":
            if not bool(torch.isfinite(part).all()) or float(part.min()) < -1e-6 or float(part.max()) > 1 + 1e-6:
                raise WorkbenchError(f"{file}: the image should be 0 to 1, found {part.min():g} to {part.max():g}.")
            return part.clamp(0, 1)
        if key == "depth":
            return part.squeeze(0).masked_fill(part.squeeze(0) == 0, torch.nan)
        if key == "normals":
            return part.masked_fill((part == 0).all(dim=0), torch.nan)
        labels, classes = part.squeeze(0), CLASSES[self.content]
        wrong = (labels != labels.round()) | (labels < -1) | (labels >= len(classes))
        if bool(wrong.any()):
            y, x = wrong.nonzero()[0].tolist()
            raise WorkbenchError(
                f"{file}, pixel ({y}, {x}): the label is {labels[y, x]:g}; allowed: -1 (missing) or 0 … "
                f"{len(classes) - 1}."
            )
        return labels.masked_fill(labels == -1, -100).to(torch.int16)


def _names(folder: Path, where: dict[str, Path]) -> list[str]:
    """The names of the pictures of a split, in order of their numbers.

    Raises:
        WorkbenchError: folders whose files differ, or that have none.
    """
    names = {key: {file.stem for file in place.glob("*.npy")} for key, place in where.items()}
    if not names["image"]:
        raise WorkbenchError(f"Problem 'folder': {where['image']} holds no npy files.")
    faults = []
    for key, found in names.items():
        lacking, more = sorted(names["image"] - found), sorted(found - names["image"])
        for first, (has, lacks) in ((lacking, ("image", key)), (more, (key, "image"))):
            if first:
                faults.append(
                    f"{folder}: {where['image'].name} has {len(names['image'])} files, {where[key].name} has "
                    f"{len(found)}; {where[has].name} has {first[0]}.npy, which {where[lacks].name} lacks."
                )
    if faults:
        raise WorkbenchError(*faults)
    return sorted(names["image"], key=lambda name: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", name)])


def _read(file: Path, numbers: int) -> Tensor:
    """One npy file as ``float32[numbers, height, width]``."""
    try:
        array = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise WorkbenchError(f"{file} cannot be read as an npy file: {str(error).partition(chr(10))[0]}.") from error
    if array.ndim == 2 and numbers == 1:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] != numbers or array.dtype.kind not in "fiu":
        wanted = "[height, width, 3]" if numbers == 3 else "[height, width] or [height, width, 1]"
        raise WorkbenchError(f"{file} should hold numbers {wanted}, found {list(array.shape)} of {array.dtype}.")
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 0), dtype=np.float32))


def _resized(part: Tensor, size: list[int], key: str) -> Tensor:
    """At another size: images as the mean over areas, labels, depths and normals from the nearest pixel."""
    if key == "image":
        return F.interpolate(part[None], size=size, mode="bilinear", antialias=True, align_corners=False)[0].clamp(0, 1)
    x = part.float() if part.dim() == 3 else part.float()[None]
    nearest = F.interpolate(x[None], size=size, mode="nearest-exact")[0].to(part.dtype)
    return nearest if part.dim() == 3 else nearest[0]


def _check_sizes(root: Path, data: dict[str, Tensor]) -> None:
    sizes = {key: _pixels(x) for key, x in data.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{key} {size}" for key, size in sizes.items())
        raise WorkbenchError(f"Problem 'folder': pictures and labels in {root} differ in size: {found}.")


def _pixels(x: Tensor) -> str:
    return f"{x.shape[-2]}x{x.shape[-1]}"
