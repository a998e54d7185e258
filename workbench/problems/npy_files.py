"""Pictures and their labels from npy files."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.problems.faults import shortened


def stack(files: Sequence[Path], key: str, classes: int, size: list[int] | None, like: torch.Size | None) -> Tensor:
    """All files of a folder as one tensor, missing values marked.

    Args:
        files: one per picture.
        key: what they hold: ``image``, ``segmentation``, ``depth`` or ``normals``.
        classes: how many the labels tell apart.
        size: height and width to which all is brought; None: as it is.
        like: the shape that every picture has to have; None: that of the first.

    Raises:
        WorkbenchError: every file that does not fit.
    """
    numbers = 3 if key in ("image", "normals") else 1
    parts: list[Tensor] = []
    faults: list[str] = []
    for file in files:
        try:
            part = _read(file, numbers)
            part = _marked(part, key, classes, file)
            part = part if size is None else _resized(part, size, key)
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
        raise WorkbenchError(*shortened(faults, len(faults)))
    return torch.stack(parts)


def _marked(part: Tensor, key: str, classes: int, file: Path) -> Tensor:
    """One picture's numbers as the tasks want them: missing labels -100, depths and normals NaN."""
    if key == "image":
        if not bool(torch.isfinite(part).all()) or float(part.min()) < -1e-6 or float(part.max()) > 1 + 1e-6:
            raise WorkbenchError(f"{file}: the image should be 0 to 1, found {part.min():g} to {part.max():g}.")
        return part.clamp(0, 1)
    if key == "depth":
        return part.squeeze(0).masked_fill(part.squeeze(0) == 0, torch.nan)
    if key == "normals":
        return part.masked_fill((part == 0).all(dim=0), torch.nan)
    labels = part.squeeze(0)
    wrong = (labels != labels.round()) | (labels < -1) | (labels >= classes)
    if bool(wrong.any()):
        y, x = wrong.nonzero()[0].tolist()
        raise WorkbenchError(
            f"{file}, pixel ({y}, {x}): the label is {labels[y, x]:g}; allowed: -1 (missing) or 0 … {classes - 1}."
        )
    return labels.masked_fill(labels == -1, -100).to(torch.int16)


def names_of(folder: Path, where: dict[str, Path]) -> list[str]:
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


def check_sizes(root: Path, data: dict[str, Tensor]) -> None:
    sizes = {key: _pixels(x) for key, x in data.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{key} {size}" for key, size in sizes.items())
        raise WorkbenchError(f"Problem 'folder': pictures and labels in {root} differ in size: {found}.")


def _pixels(x: Tensor) -> str:
    return f"{x.shape[-2]}x{x.shape[-1]}"
