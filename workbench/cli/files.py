"""Files named on a command line."""

from pathlib import Path

from workbench.component import WorkbenchError, one_of

__all__ = ["existing"]


def existing(name: str, what: str) -> Path:
    """The path of a file that is there.

    Raises:
        WorkbenchError: no such file, with the nearest name in that folder.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.is_dir():
        raise WorkbenchError(f"The {what} {name!r} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise WorkbenchError(f"There is no {what} {name!r}: the folder {str(path.parent)!r} does not exist.")
    places = [path.parent, path.parent / "notebooks"]
    beside = sorted(str(p) for place in places for p in place.glob(f"*{path.suffix}") if p.is_file())
    if not beside:
        raise WorkbenchError(f"There is no {what} {name!r}, and no other {path.suffix} file beside it.")
    raise WorkbenchError(f"There is no {what} {name!r}: {one_of(name, beside)}.")
