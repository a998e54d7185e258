"""``workbench notebook``: run a notebook headless, its parameters checked first."""

import argparse
import sys

from workbench.cli.files import existing
from workbench.component import WorkbenchError
from workbench.notebooks import execute


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("notebook", help="the notebook; it runs in its own folder")
    parser.add_argument(
        "-p",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("key", "value"),
        help="a parameter, read as the type of its default; a list as a,b or as JSON",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where the executed notebook and its runs go; by default WORKBENCH_RUNS, else ./runs",
    )
    parser.add_argument("--html", action="store_true", help="also write one page that needs no network")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.epilog = (
        "The last line printed is the executed notebook. Exit status 1 when something in it failed.\n\n"
        "example: workbench notebook notebooks/00_quickstart.ipynb -p weighting cagrad -p epochs 3 --out runs --html"
    )


def run(given: argparse.Namespace) -> int:
    """Execute the notebook, and print where it lies."""
    path = existing(given.notebook, "notebook")
    names = [name for name, _ in given.parameters]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise WorkbenchError(*(f"-p {name} is given twice." for name in twice))
    done = execute(path, dict(given.parameters), out=given.out, html=given.html, progress=not given.quiet)
    for fault in done.faults:
        print(f"{path.name}: {fault}", file=sys.stderr)
    if done.page is not None:
        print(f"report: {done.page}")
    print(done.path)
    return 1 if done.faults else 0
