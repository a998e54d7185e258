"""``workbench notebook``: run a notebook headless, its parameters checked first."""

import argparse
import sys
from pathlib import Path

from workbench.cli.files import existing, text_of
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
    parser.add_argument("--grid", metavar="GRID.json", help="lists of values by parameter: once for every combination")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="with --grid: so many at a time; by default 1"
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
    if given.workers < 1:
        raise WorkbenchError(f"--workers should be a whole number of at least 1, found {given.workers}.")
    if given.grid is not None:
        return _grid(path, given)
    done = execute(path, dict(given.parameters), out=given.out, html=given.html, progress=not given.quiet)
    for fault in done.faults:
        print(f"{path.name}: {fault}", file=sys.stderr)
    if done.page is not None:
        print(f"report: {done.page}")
    print(done.path)
    return 1 if done.faults else 0


def _grid(path: Path, given: argparse.Namespace) -> int:
    """Execute it for every combination, and print where each lies, as they end."""
    from tqdm import tqdm

    from workbench.notebooks.many import combinations, execute_many

    grid = text_of(given.grid, "grid")
    fixed = dict(given.parameters)
    each = [{**fixed, **texts} for texts in combinations(grid, Path(given.grid).name)]
    failed = False
    found = execute_many(path, each, given.workers, out=given.out, html=given.html)
    for texts, done in tqdm(found, total=len(each), unit="notebook", disable=given.quiet, ncols=100):
        named = ", ".join(f"{key}={value}" for key, value in texts.items())
        for fault in done.faults:
            print(f"{path.name} ({named}): {fault}", file=sys.stderr)
        failed |= bool(done.faults)
        print(done.path)
    return 1 if failed else 0
