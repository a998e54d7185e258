"""torchvision's image sets as tensors."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError, one_of

#: what tells a set's constructor which part is wanted, by how it is told: split -> keyword arguments
BY_FLAG: dict[str, dict[str, Any]] = {"train": {"train": True}, "test": {"train": False}}
TRAIN_TEST: dict[str, dict[str, Any]] = {"train": {"split": "train"}, "test": {"split": "test"}}
THREE: dict[str, dict[str, Any]] = {**TRAIN_TEST, "val": {"split": "val"}}
VALID: dict[str, dict[str, Any]] = {**TRAIN_TEST, "val": {"split": "valid"}}
NO_TEST: dict[str, dict[str, Any]] = {"train": {"split": "train"}, "test": {"split": "val"}}
WHOLE: dict[str, dict[str, Any]] = {"train": {}}

#: set -> its parts; a set without an official test part has its validation part there
PARTS: dict[str, dict[str, dict[str, Any]]] = {
    **dict.fromkeys(("CIFAR10", "CIFAR100", "FashionMNIST", "KMNIST", "MNIST", "QMNIST", "USPS"), BY_FLAG),
    "EMNIST": {split: {"split": "balanced", **flag} for split, flag in BY_FLAG.items()},
    **dict.fromkeys(("Food101", "GTSRB", "STL10", "StanfordCars", "SVHN"), TRAIN_TEST),
    **dict.fromkeys(("DTD", "FGVCAircraft", "Flowers102", "PCAM", "RenderedSST2"), THREE),
    **dict.fromkeys(("CelebA", "Country211"), VALID),
    "OxfordIIITPet": {"train": {"split": "trainval"}, "test": {"split": "test"}},
    **dict.fromkeys(("ImageNet", "Imagenette"), NO_TEST),
    **dict.fromkeys(("Caltech101", "Caltech256", "EuroSAT", "SEMEION", "SUN397"), WHOLE),
}
#: folders that ``ImageFolder`` may have below its root, by split
FOLDERS = {"train": ("train",), "val": ("val", "valid", "validation", "dev"), "test": ("test",)}

#: no more bytes than these are loaded
MOST_BYTES = 16 * 2**30


@dataclass
class Part:
    """One part of a set, loaded.

    Attributes:
        images: 0 … 1, ``float32[rows, channels, height, width]``.
        labels: ``int64[rows]``, or ``[rows, labels]``.
    """

    images: Tensor
    labels: Tensor


def check_name(dataset: str) -> None:
    """That torchvision has the set.

    Raises:
        WorkbenchError: with the nearest name.
    """
    if dataset not in PARTS and dataset != "ImageFolder":
        raise WorkbenchError(
            f"Problem 'images': torchvision has no classification set {dataset!r}: "
            f"{one_of(dataset, ['ImageFolder', *PARTS])}."
        )


def open_sets(dataset: str, root: Path, download: bool) -> dict[str, Any]:
    """``train`` / ``val`` / ``test`` -> torchvision's data set, as far as it has them.

    Raises:
        WorkbenchError: the data are not there, or not whole.
    """
    from torchvision import datasets

    kind: Any = getattr(datasets, dataset)
    parts = _folders(root) if dataset == "ImageFolder" else PARTS[dataset]
    keywords = {"download": download} if "download" in inspect.signature(kind).parameters else {}
    try:
        if dataset == "ImageFolder":
            return {split: kind(str(arguments["root"])) for split, arguments in parts.items()}
        return {split: kind(root=str(root), **arguments, **keywords) for split, arguments in parts.items()}
    except (OSError, RuntimeError, ValueError, AssertionError, KeyError, ImportError, EOFError) as error:
        reason = str(error).partition("\n")[0].partition(" You can use")[0].rstrip(".")
        way = "check the connection, or copy the files there" if download else "set root to the folder that has it"
        if not download and keywords:
            way += ", or download=True"
        raise WorkbenchError(
            f"Problem 'images': {dataset} cannot be read below {root} ({type(error).__name__}: {reason}); {way}."
        ) from error


def _folders(root: Path) -> dict[str, dict[str, Any]]:
    """Where ``ImageFolder`` finds its parts: below train, val and test where there is a train, else all in one."""
    found = {split: root / name for split, names in FOLDERS.items() for name in names if (root / name).is_dir()}
    return {split: {"root": folder} for split, folder in (found if "train" in found else {"train": root}).items()}


def classes_of(found: Any, labels: Tensor) -> list[str]:
    """The names of the classes; numbers where the set has none."""
    names = getattr(found, "classes", None) or getattr(found, "categories", None)
    if names is None:
        return [str(number) for number in range(int(labels.max()) + 1)]
    names = [name if isinstance(name, str) else name[0] for name in names]
    digits = [name.partition(" - ")[0] for name in names]
    return digits if all(name.isdigit() for name in digits) else names  # MNIST calls them "0 - zero"


def read(found: Any, rows: Sequence[int] | None, size: int | None) -> Part:
    """Images and labels of one part.

    Args:
        found: torchvision's data set.
        rows: which images, None for all.
        size: pixels a side; images of other sizes are resized (shorter side) and cropped in the middle; None: as they
            are.

    Raises:
        WorkbenchError: an image that cannot be decoded, or of another size than the first; more than fits.
    """
    rows = range(len(found)) if rows is None else rows
    data, labels = getattr(found, "data", None), getattr(found, "targets", getattr(found, "labels", None))
    if isinstance(data, Tensor | np.ndarray) and labels is not None:
        at = torch.as_tensor(rows, dtype=torch.int64)
        return Part(_from_array(data, at, size, type(found).__name__), _labels(labels)[at])
    return _decoded(found, rows, size)


def _labels(labels: Any) -> Tensor:
    values = torch.as_tensor(np.asarray(labels)).long()
    return values[:, 0] if values.dim() == 2 else values  # QMNIST holds more than the class


def _from_array(data: Any, rows: Tensor, size: int | None, name: str) -> Tensor:
    images = torch.as_tensor(data)[rows]
    if images.dim() == 3:
        images = images.unsqueeze(1)
    elif images.shape[-1] == 3 and images.shape[1] != 3:
        images = images.movedim(-1, 1)
    if name == "EMNIST":  # stored on its side
        images = images.transpose(-1, -2)
    _check_bytes(len(images), images.shape[1], size or images.shape[2], size or images.shape[3])
    return torch.cat([_sized(part, size).float().div(255) for part in images.split(2048)])


def _decoded(found: Any, rows: Sequence[int], size: int | None) -> Part:
    from torchvision.transforms.v2 import functional as F

    images: list[Tensor] = []
    labels = []
    for row in rows:
        try:
            image, label = found[row]
            pixels = _sized(F.pil_to_tensor(image.convert("RGB")), size)
        except (OSError, SyntaxError, ValueError, IndexError) as error:
            raise WorkbenchError(
                f"Problem 'images': row {row}, file {_file(found, row)}: the image cannot be decoded "
                f"({type(error).__name__}: {str(error).partition(chr(10))[0]}); repair or remove it."
            ) from error
        if images and pixels.shape != images[0].shape:
            raise WorkbenchError(
                f"Problem 'images': row {row}, file {_file(found, row)}: the image has {_pixels(pixels)} pixels, those "
                f"before it {_pixels(images[0])}; set size, to which all are brought."
            )
        if not images:
            _check_bytes(len(rows), *pixels.shape)
        images.append(pixels)
        labels.append(torch.as_tensor(label))
    return Part(torch.stack(images).float().div(255), torch.stack(labels).long())


def _sized(images: Tensor, size: int | None) -> Tensor:
    from torchvision.transforms.v2 import functional as F

    if size is None or images.shape[-2:] == (size, size):
        return images
    return F.center_crop(F.resize(images, [size], antialias=True), [size, size])


def _pixels(image: Tensor) -> str:
    return f"{image.shape[-2]}x{image.shape[-1]}"


def _file(found: Any, row: int) -> str:
    """The file of a row, as far as the set tells."""
    for name in ("samples", "imgs", "_samples", "_image_files", "_images", "filename"):
        files = getattr(found, name, None)
        if files is not None:
            return str(files[row][0] if isinstance(files[row], tuple | list) else files[row])
    return "unknown"


def _check_bytes(rows: int, channels: int, height: int, width: int) -> None:
    needed = 4 * rows * channels * height * width
    if needed > MOST_BYTES:
        raise WorkbenchError(
            f"Problem 'images': {rows} images of {height}x{width} pixels would take {needed / 2**30:.0f} GiB of "
            f"memory, more than {MOST_BYTES // 2**30}; set size or limit."
        )
