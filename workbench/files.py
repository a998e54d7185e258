"""Where the workbench keeps its files: small data sets, and a cache for what is downloaded or handed over."""

import os
import sys
from pathlib import Path

from workbench.component import WorkbenchError

__all__ = ["cache_folder", "data_folder", "make_folder"]


def data_folder() -> Path:
    """The folder of data: ``WORKBENCH_DATA``, else the checkout's ``data/``, else the user's cache folder.

    The folder need not exist yet: whoever writes into it makes it.
    """
    chosen = os.environ.get("WORKBENCH_DATA")
    if chosen:
        return Path(chosen).expanduser()
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / "data"
    return _user_cache() / "mtl-workbench"


def cache_folder() -> Path:
    """The folder below ``data_folder()`` for what can be had again; never part of the repository."""
    return data_folder() / "cache"


def make_folder(folder: Path) -> Path:
    """Make a folder and its parents, where they are not there yet.

    Raises:
        WorkbenchError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(f"The folder {folder} cannot be made: {error.strerror or error}.") from error
    return folder


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
