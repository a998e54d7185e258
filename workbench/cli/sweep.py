"""``workbench sweep``: many runs, several at a time."""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path

import workbench
from workbench.cli.files import text_of
from workbench.cli.tables import show_frame


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "grid",
        metavar="GRID.json",
        help='{"base": {spec}, "grid": {key: [values], …}}: every combination; or a list of specs',
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="processes here; by default one per GPU, else per core")
    where.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler instead, such as tcp://10.0.0.1:8786")
    parser.add_argument("--out", metavar="DIR", help="the store; by default WORKBENCH_RUNS, else ./runs")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.epilog = (
        "Runs that the store holds are not trained again; several sweeps may share a store. Exit status 1 when a run "
        "failed.\n\n"
        "example: workbench sweep grid.json --workers 2, where grid.json holds\n"
        '         {"base": {"epochs": 5}, "grid": {"weighting": ["equal", "pcgrad"], "seed": [0, 1, 2]}}'
    )


def run(given: argparse.Namespace) -> int:
    """Train what is not there yet, and print a row for every spec."""
    from workbench.runs.folder import store_folder
    from workbench.runs.store import runs
    from workbench.runs.sweep.grid import read_grid

    specs = read_grid(text_of(given.grid, "grid"), Path(given.grid).name)
    with redirect_stdout(sys.stderr):  # the bar; standard output is for the table alone
        found = workbench.sweep(specs, given.dask, workers=given.workers, progress=not given.quiet, out=given.out)
    names = list(dict.fromkeys(run.path.name for run in found))
    frame = runs(store_folder(given.out)).set_index("run").loc[names].reset_index()
    show_frame(frame, given.json)
    return 1 if (frame["status"] == "failed").any() else 0
