"""Keeping a store in order: names and notes beside the runs, and runs that go."""

import json
import re
import shutil
from pathlib import Path

from workbench.component import WorkbenchError, short
from workbench.runs.folder import RunFolder, holds_run, unwritable, write_atomically

#: beside the summary, and never in the spec: neither changes what a run is
FILE = "notes.json"
LONGEST = 80
FOLDER = re.compile(r"\d{8}T\d{6}-.+-[0-9a-f]{6}(-\d+)?")


def notes(path: Path) -> dict[str, str]:
    """``name`` and ``note`` of a run, each empty where nobody gave it.

    Raises:
        WorkbenchError: they cannot be read.
    """
    place = path / FILE
    if not place.is_file():
        return {"name": "", "note": ""}
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        return {key: str(found.get(key, "")) for key in ("name", "note")}
    except (OSError, ValueError, AttributeError):
        raise WorkbenchError(f"{str(place)!r} is damaged; remove it to name the run anew.") from None


def write(path: Path, **changed: str) -> None:
    """Write the name or the note of a run down.

    Raises:
        WorkbenchError: the folder cannot be written.
    """
    try:
        write_atomically(path / FILE, json.dumps({**notes(path), **changed}, indent=2, ensure_ascii=False))
    except OSError as error:
        raise unwritable(path, error) from None


def check_name(path: Path, name: object) -> str:
    """A name that a run may have, without blanks around it.

    Raises:
        WorkbenchError: it is none, or another run of the store has it.
    """
    if not isinstance(name, str):
        raise WorkbenchError(f"The name of a run is a text, found {short(name)}.")
    name = name.strip()
    if len(name) > LONGEST or not name.isprintable() or set(name) & set("/\\") or name[:1] in ("-", "."):
        raise WorkbenchError(
            f"A run cannot be named {short(name)}: at most {LONGEST} characters on one line, without / and \\, "
            "and not beginning with - or a dot."
        )
    if name:
        for other in sorted(place.parent for place in path.absolute().parent.glob("*/spec.json")):
            if other != path.absolute() and name in (other.name, notes(other)["name"]):
                raise WorkbenchError(f"The name {name!r} is taken by run {other.name!r}.")
    return name


def delete(folder: RunFolder) -> None:
    """Remove a run's folder with all that is in it, and nothing else.

    Raises:
        WorkbenchError: it is being trained, or is no folder that the workbench made.
    """
    path = folder.path.absolute()
    if path.is_symlink() or not FOLDER.fullmatch(path.name) or not holds_run(path):
        raise WorkbenchError(f"{str(folder.path)!r} is no run folder of a store, so it is not deleted.")
    try:
        try:
            folder.lock()
        except WorkbenchError:
            raise WorkbenchError(f"Run {path.name!r} is being trained; stop it before it is deleted.") from None
        try:
            (path / "spec.json").unlink()  # from here on nobody takes it for a run
        finally:
            folder.close()
        shutil.rmtree(path)
    except OSError as error:
        raise WorkbenchError(f"Run {path.name!r} cannot be deleted: {error.strerror or error}.") from None
