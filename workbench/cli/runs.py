"""``workbench runs``: the store of runs."""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import workbench
from workbench.cli.tables import show_frame, show_json
from workbench.component import WorkbenchError, one_of

#: what `export` writes, by the file's ending
FORMATS = (".csv", ".parquet", ".json", ".html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    shared.add_argument("--store", metavar="DIR", help="the store; by default WORKBENCH_RUNS, else ./runs")
    table = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    table.add_argument("--json", action="store_true", help="as JSON")
    name = "a run's folder, or its name in the store (a part that fits one run only is enough)"
    actions = parser.add_subparsers(dest="action", metavar="list|show|compare|export", required=True)
    kind = argparse.RawDescriptionHelpFormatter

    sub = actions.add_parser("list", parents=[shared, table], help="every run of the store", formatter_class=kind)
    sub.epilog = "example: workbench runs list --store runs"
    sub = actions.add_parser("show", parents=[shared, table], help="the summary of one run", formatter_class=kind)
    sub.add_argument("run", help=name)
    sub.epilog = "example: workbench runs show 5f3a9c"
    sub = actions.add_parser("compare", parents=[shared, table], help="runs side by side", formatter_class=kind)
    sub.add_argument("run", nargs="+", help=name)
    sub.epilog = "example: workbench runs compare 5f3a9c 01b2dd"
    sub = actions.add_parser(
        "export", parents=[shared], help="a run's history or report as a file", formatter_class=kind
    )
    sub.add_argument("run", help=name)
    sub.add_argument(
        "file", help=f"where to; the ending decides: {', '.join(FORMATS[:-1])} the history, .html the report"
    )
    sub.epilog = "example: workbench runs export 5f3a9c losses.csv"
    parser.epilog = "example: workbench runs list --store runs"


def run(given: argparse.Namespace) -> int:
    """Do the chosen action."""
    from workbench.runs.folder import store_folder
    from workbench.runs.store import runs

    store = store_folder(given.store)
    if given.action == "list":
        show_frame(runs(store), given.json, empty=f"No runs in {store}.")
    elif given.action == "show":
        show(workbench.open(find(given.run, store)), given.json)
    elif given.action == "compare":
        found = [workbench.open(find(name, store)) for name in given.run]
        with redirect_stdout(sys.stderr):  # a baseline that is missing is trained, and its bar is not the table's
            frame = workbench.compare(found).frame
        show_frame(frame, given.json, empty="Nothing to compare.")
    else:
        export(given.run, store, Path(given.file))
    return 0


def find(name: str, store: Path) -> Path:
    """The folder of a run, from its path or from a part of its name in the store.

    Raises:
        WorkbenchError: no run or several runs of that name.
    """
    if (Path(name) / "spec.json").is_file():
        return Path(name)
    known = sorted(path.parent for path in store.glob("*/spec.json")) if store.is_dir() else []
    fitting = [path for path in known if path.name == name] or [path for path in known if name in path.name]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        shown = ", ".join(path.name for path in fitting)
        raise WorkbenchError(f"Several runs in {str(store)!r} fit {name!r}: {shown}.")
    raise WorkbenchError(f"There is no run {name!r} in {str(store)!r}: {one_of(name, (path.name for path in known))}.")


def show(run: Any, as_json: bool) -> None:
    """Print a run's summary."""
    if as_json:
        show_json({"path": str(run.path), "spec": run.spec.to_dict(), **run.summary})
        return
    print(run.path)
    print(run.spec)
    for key, value in run.summary.items():
        if isinstance(value, dict):
            print(f"{key}:", *(f"    {name}: {_short(item)}" for name, item in value.items()), sep="\n")
        else:
            print(f"{key}: {_short(value)}")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def export(name: str, store: Path, file: Path) -> None:
    """Write a run's history or report, and print the file's path.

    Raises:
        WorkbenchError: an ending that means nothing, or a folder that is not there.
    """
    if file.suffix not in FORMATS:
        raise WorkbenchError(f"The ending of {str(file)!r} means nothing here: {one_of(file.suffix, FORMATS)}.")
    if not file.parent.is_dir():
        raise WorkbenchError(f"There is no folder {str(file.parent)!r} to write {file.name!r} into.")
    run = workbench.open(find(name, store))
    if file.suffix == ".html":
        run.report(file)
    elif file.suffix == ".csv":
        run.history.to_csv(file, index=False)
    elif file.suffix == ".json":
        run.history.to_json(file, orient="records")
    else:
        run.history.to_parquet(file, index=False)
    print(file)
