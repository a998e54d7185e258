"""``workbench train``: one run, headless."""

import argparse
import os
import sys
from contextlib import redirect_stdout
from typing import Any, NoReturn

import workbench
from workbench.cli.files import text_of
from workbench.component import WorkbenchError
from workbench.texts import PREFIX


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "spec",
        nargs="?",
        metavar="SPEC.json",
        help="a Spec as JSON, or a share line (with its steering); --set changes it",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="key=value",
        help="a key of the Spec, dotted for a component's settings: --set weighting=dwa --set weighting.temperature=1",
    )
    parser.add_argument("--out", metavar="DIR", help="the store; by default WORKBENCH_RUNS, else ./runs")
    parser.add_argument(
        "--sink",
        action="append",
        default=[],
        metavar="NAME[:WHERE]",
        help="where else the records go: tensorboard, mlflow; a folder or address after a colon: --sink mlflow:my.db",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.epilog = (
        "The last line printed is the run's folder.\n\n"
        "example: workbench train --set problem=digits --set tasks=digit,parity --set weighting=pcgrad --set epochs=3\n"
        "one run on several processes, to the numbers of one: torchrun --nproc-per-node 2 -m workbench train SPEC.json"
    )


def run(given: argparse.Namespace) -> int:
    """Train, and print the run's folder; started by ``torchrun``, as one of its processes."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        together(given)
    spec, steering = settings(given)
    with redirect_stdout(sys.stderr):  # the bar; standard output is for the folder alone
        run = workbench.train(spec, progress=not given.quiet, out=given.out, steering=steering, sinks=given.sink)
    print(run.path)
    return 0


def together(given: argparse.Namespace) -> NoReturn:
    """Train as one of several processes, and end; the first alone speaks, unless it is gone."""
    from workbench.cli import complain
    from workbench.runs.train import train_together
    from workbench.training.ranks import Group, Lost, end

    ranks = Group.from_environment()
    try:
        spec, steering = ranks.together(lambda: settings(given))
        with redirect_stdout(sys.stderr):
            run = train_together(spec, ranks, not given.quiet, given.out, steering, given.sink)
    except WorkbenchError as error:
        if ranks.main or isinstance(error, Lost):
            complain(error.faults)
        end(2)
    if run is not None:
        print(run.path)
    end(0)


def settings(given: argparse.Namespace) -> tuple[workbench.Spec, list[dict[str, Any]]]:
    """The spec asked for, and the steering that came with it."""
    base: workbench.Spec | None = None
    steering: list[dict[str, Any]] = []
    if given.spec is not None and given.spec.startswith(PREFIX):
        shared = workbench.unshare(given.spec)
        base, steering = shared.spec, list(shared.steering)
    elif given.spec is not None:
        base = workbench.Spec.from_json(text_of(given.spec, "spec"))
    return workbench.Spec.from_settings(pairs(given.set), base=base), steering


def pairs(words: list[str]) -> dict[str, str]:
    """``key=value`` words as a dictionary; of one key the last holds.

    Raises:
        WorkbenchError: every word that is no pair.
    """
    faults = [f"--set needs key=value, found {word!r}." for word in words if "=" not in word.lstrip("=")]
    if faults:
        raise WorkbenchError(*faults)
    return dict(word.split("=", 1) for word in words)
