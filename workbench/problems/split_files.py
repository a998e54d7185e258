"""Which file or folder holds which split, told by its name."""

from collections.abc import Callable, Iterable
from pathlib import Path

from workbench.component import WorkbenchError

#: split -> names of a file or folder that holds it, its ending left out
SPLIT_FILES = {"train": ("train",), "val": ("val", "valid", "validation", "dev"), "test": ("test",)}


def split_named(name: str) -> str | None:
    """The split that a name stands for, if any."""
    return next((split for split, names in SPLIT_FILES.items() if name.lower() in names), None)


def by_split(items: Iterable[Path], split_of: Callable[[Path], str | None]) -> dict[str, Path]:
    """Split -> the file or folder that holds it, in the order train, val, test.

    Args:
        items: files or folders side by side.
        split_of: the split that one of them holds; None: none.

    Raises:
        WorkbenchError: two that hold the same.
    """
    found: dict[str, Path] = {}
    for item in items:
        split = split_of(item)
        if split is None:
            continue
        if split in found:
            raise WorkbenchError(
                f"{item.parent}: both {found[split].name} and {item.name} could be the {split} split; keep one."
            )
        found[split] = item
    return {split: found[split] for split in SPLIT_FILES if split in found}
