"""The command line, ``workbench``: one small module per command, loaded when that command runs.

Bad input is one sentence on standard error and exit status 2 (several faults: a first line, then one line each).
"""

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import workbench

__all__ = ["complain", "main"]

#: command -> its one-line help; the module ``workbench.cli.<command>`` declares its arguments and runs it
COMMANDS = {
    "lab": "JupyterLab on the notebooks",
    "train": "one run, headless",
    "sweep": "many runs, several at a time; finished ones are skipped",
    "notebook": "run a notebook headless, its parameters checked first",
    "runs": "the store of runs: list, show, compare, export, name, delete",
    "bench": "the cost of every weighting on this machine, against equal weighting",
    "components": "every component with its settings, needs and source",
    "strategies": "what people ask for by name, and the spec that does it",
    "doctor": "what works on this machine, and what to do about the rest",
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence, with the nearest valid name."""

    def error(self, message: str) -> NoReturn:
        choice = re.search(r"invalid choice: (.*?) \(choose from (.*)\)", message)
        if choice:
            from workbench.component import one_of

            word, allowed = choice[1].strip("'"), choice[2].replace("'", "").split(", ")
            message = f"there is no {word!r}: {one_of(word, allowed)}"
        print(f"{self.prog}: {message.rstrip('.')}. See {self.prog} --help.", file=sys.stderr)
        raise SystemExit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``workbench``; by default those of this process.

    Returns:
        The exit status: 0 done, 1 it ran and found something wrong, 2 bad input, 130 interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except KeyboardInterrupt:
        print("workbench: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a table went away: `workbench components | head`
        sys.stderr.close()
        return 1
    except ValueError as error:  # WorkbenchError is one; its module is not loaded unless something raised it
        faults = getattr(error, "faults", None)
        if faults is None:
            raise
        complain(faults)
        return 2


def _run(words: list[str]) -> int:
    parser = Parser(
        prog="workbench",
        description=workbench.__doc__.split("\n")[0] if workbench.__doc__ else None,
        epilog="example: workbench train --set problem=digits --set weighting=dwa --set epochs=3",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"workbench {workbench.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in words if not word.startswith("-")), None)
    module = None
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == chosen:
            module = import_module(f"workbench.cli.{name}")
            module.arguments(sub)
            chosen_parser = sub
    given, extra = parser.parse_known_args(words)
    assert module is not None  # argparse has refused everything else
    if extra:
        from workbench.component import one_of

        options = re.findall(r"--[\w-]+", chosen_parser.format_usage())
        hint = f" ({one_of(extra[0], options)})" if extra[0].startswith("-") else ""
        chosen_parser.error(f"unexpected {' '.join(extra)!r}{hint}")
    status: int = module.run(given)
    return status


def complain(faults: list[str]) -> None:
    """Say what is wrong, on standard error."""
    if len(faults) == 1:
        print(faults[0], file=sys.stderr)
    else:
        print(f"{len(faults)} things are wrong:", *(f"- {fault}" for fault in faults), sep="\n", file=sys.stderr)
