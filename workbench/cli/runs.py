"""``workbench runs``: the store of runs."""

import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import workbench
from workbench.cli.tables import rows, show_frame, show_json
from workbench.component import WorkbenchError, one_of

#: what `export` writes, by the file's ending
FORMATS = (".csv", ".parquet", ".json", ".html", ".pt2", ".onnx")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    shared.add_argument("--store", metavar="DIR", help="the store; by default WORKBENCH_RUNS, else ./runs")
    table = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    table.add_argument("--json", action="store_true", help="as JSON")
    name = "a run's folder, or its name in the store (a part that fits one run only is enough)"
    actions = parser.add_subparsers(dest="action", metavar="list|show|compare|export|rename|note|delete", required=True)
    kind = argparse.RawDescriptionHelpFormatter

    sub = actions.add_parser("list", parents=[shared, table], help="every run of the store", formatter_class=kind)
    sub.epilog = "example: workbench runs list --store runs"
    sub = actions.add_parser("show", parents=[shared, table], help="the summary of one run", formatter_class=kind)
    sub.add_argument("run", help=name)
    sub.epilog = "example: workbench runs show 5f3a9c"
    sub = actions.add_parser("compare", parents=[shared, table], help="runs side by side", formatter_class=kind)
    sub.add_argument("run", nargs="+", help=name)
    sub.description = (
        "Runs side by side on standard output, with single-task models and equal weighting, which are trained where\n"
        "they are missing; notes and how it was made on standard error, or all in one JSON object."
    )
    sub.epilog = "example: workbench runs compare 5f3a9c 01b2dd"
    sub = actions.add_parser(
        "export", parents=[shared], help="a run's history, report, model, or everything as files", formatter_class=kind
    )
    sub.add_argument("run", help=name)
    sub.add_argument(
        "file",
        help=f"where to; the ending decides: {', '.join(FORMATS[:3])} the history, .html the report, .pt2 or .onnx the "
        "model, / a folder with history, spec, summary and every figure",
    )
    sub.epilog = (
        "example: workbench runs export 5f3a9c losses.csv\nexample: workbench runs export 5f3a9c model.pt2\n"
        "example: workbench runs export 5f3a9c for-the-paper/"
    )
    sub = actions.add_parser("rename", parents=[shared], help="give a run a name of your own", formatter_class=kind)
    sub.add_argument("run", help=name)
    sub.add_argument("name", help="its name from now on; '' takes it away")
    sub.epilog = "example: workbench runs rename 5f3a9c 'ink at a tenth'"
    sub = actions.add_parser("note", parents=[shared], help="write a note on a run, or read it", formatter_class=kind)
    sub.add_argument("run", help=name)
    sub.add_argument("text", nargs="?", help="the note; '' takes it away; left out, the note there is is printed")
    sub.epilog = "example: workbench runs note 5f3a9c 'parity falls behind after step 200'"
    sub = actions.add_parser("delete", parents=[shared], help="remove a run for good", formatter_class=kind)
    sub.add_argument("run", help=name)
    sub.add_argument("--yes", action="store_true", help="do not ask")
    sub.epilog = "example: workbench runs delete 5f3a9c"
    parser.epilog = "example: workbench runs list --store runs"


def run(given: argparse.Namespace) -> int:
    """Do the chosen action."""
    from workbench.runs.folder import store_folder
    from workbench.runs.store import find, runs

    store = store_folder(given.store)
    if given.action == "list":
        show_frame(runs(store), given.json, empty=f"No runs in {store}.")
    elif given.action == "show":
        show(workbench.open(find(given.run, store)), given.json)
    elif given.action == "compare":
        found = [workbench.open(find(name, store)) for name in given.run]
        with redirect_stdout(sys.stderr):  # a baseline that is missing is trained, and its bar is not the table's
            compared = workbench.compare(found)
        if given.json:
            show_json({"methods": rows(compared.frame), "notes": compared.notes, "card": compared.card})
        else:
            show_frame(compared.frame, as_json=False, empty="Nothing to compare.")
            print("", *compared.lines, sep="\n", file=sys.stderr)
    elif given.action == "export":
        export(given.run, store, given.file)
    elif given.action == "delete":
        return delete(workbench.open(find(given.run, store)), given.yes)
    else:
        note(workbench.open(find(given.run, store)), given)
    return 0


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


def note(run: Any, given: argparse.Namespace) -> None:
    """Name a run, or write or print its note."""
    if given.action == "rename":
        run.rename(given.name)
        print(f"{run.path}: {run.name}")
    else:
        print(run.note(given.text))


def delete(run: Any, sure: bool) -> int:
    """Remove a run, once somebody has said that they are sure.

    Raises:
        WorkbenchError: nobody has, and nobody can be asked.
    """
    if not sure and not sys.stdin.isatty():
        raise WorkbenchError("runs delete removes a run for good; where nobody can be asked it needs --yes.")
    if not (sure or agreed(f"Delete {run!r} for good? [y/N] ")):
        print(f"{run.path} stays.", file=sys.stderr)
        return 1
    run.delete()
    print(run.path)
    return 0


def agreed(question: str) -> bool:
    """Whether the answer is yes; the end of the input (Ctrl-D) is none."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def export(name: str, store: Path, given: str) -> None:
    """Write a run's history, report or model into a file, or everything into a folder, and print what was written.

    Raises:
        WorkbenchError: an ending that means nothing, or a folder that is not there.
    """
    from workbench.runs.store import find

    file = Path(given)
    if given.endswith(("/", os.sep)) or file.is_dir():
        print(*workbench.open(find(name, store)).export(file), sep="\n")
        return
    if file.suffix not in FORMATS:
        endings = one_of(file.suffix, [*FORMATS, "/ (a folder)"])
        raise WorkbenchError(f"The ending of {given!r} means nothing here: {endings}.")
    if not file.parent.is_dir():
        raise WorkbenchError(f"There is no folder {str(file.parent)!r} to write {file.name!r} into.")
    run = workbench.open(find(name, store))
    if file.suffix == ".html":
        run.report(file)
    elif file.suffix in (".pt2", ".onnx"):
        run.export_model(file)
    elif file.suffix == ".csv":
        run.history.to_csv(file, index=False)
    elif file.suffix == ".json":
        run.history.to_json(file, orient="records")
    else:
        run.history.to_parquet(file, index=False)
    print(file)
