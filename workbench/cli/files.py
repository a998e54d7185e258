"""Files named on a command line."""

from pathlib import Path

from workbench.component import WorkbenchError, one_of

__all__ = ["existing", "text_of"]


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


def text_of(name: str, what: str) -> str:
    """What a file says.

    Raises:
        WorkbenchError: no such file, one that cannot be read, or no text.
    """
    path = existing(name, what)
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark that JSON does not know
    except OSError as error:
        raise WorkbenchError(f"The {what} {name!r} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise WorkbenchError(f"The {what} {name!r} is not text in UTF-8.") from None
