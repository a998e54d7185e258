"""``workbench lab``: JupyterLab on the notebooks, for this machine only."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import workbench
from workbench.cli.files import existing

FIRST = Path("notebooks", "00_quickstart.ipynb")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("notebook", nargs="?", help="the notebook to open; by default the quickstart")
    parser.add_argument("--no-browser", action="store_true", help="only print the address, do not open a browser")
    parser.add_argument("--port", type=int, help="port to listen on; by default the first free one from 8888")
    parser.epilog = "example: workbench lab notebooks/00_quickstart.ipynb"


def run(given: argparse.Namespace) -> int:
    """Run JupyterLab in the place of this process (beside it on Windows)."""
    root, page = place(given.notebook)
    words = command(root, page, port=given.port, browser=not given.no_browser, user=getattr(os, "geteuid", lambda: 1)())
    environment = {"WORKBENCH_RUNS": str(root / "runs"), **os.environ}
    if os.name == "nt":
        return subprocess.call(words, env=environment, cwd=root)
    os.chdir(root)
    os.execve(words[0], words, environment)


def place(notebook: str | None) -> tuple[Path, Path | None]:
    """The folder JupyterLab shows and the notebook it opens in it.

    The folder is the checkout where the notebook lies in it, else the notebook's own; without a checkout and a
    notebook it is the current one.
    """
    checkout = Path(workbench.__file__).resolve().parent.parent
    if notebook is None:
        first = checkout / FIRST
        return (checkout, FIRST) if first.is_file() else (Path.cwd(), None)
    page = existing(notebook, "notebook").resolve()
    inside = page.is_relative_to(checkout) and (checkout / "pyproject.toml").is_file()
    root = checkout if inside else page.parent
    return root, page.relative_to(root)


def command(root: Path, page: Path | None, *, port: int | None, browser: bool, user: int) -> list[str]:
    """The words that start JupyterLab: on the loopback address only; as root (containers) only where we are root."""
    words = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={root}"]
    if user == 0:
        words.append("--allow-root")
    if not browser:
        words.append("--no-browser")
    if port is not None:
        words.append(f"--ServerApp.port={port}")
    if page is not None:  # the address that JupyterLab prints, and opens, leads to the notebook
        words.append(f"--LabApp.default_url=/lab/tree/{quote(page.as_posix())}")
    return words
