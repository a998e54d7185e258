"""``workbench components``: what there is."""

import argparse
import inspect
from textwrap import indent
from typing import Any

from workbench.cli.tables import show_json
from workbench.component import FAMILIES, WorkbenchError, components, one_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("family", nargs="?", metavar="FAMILY", help=f"one of {', '.join(FAMILIES)}; by default all")
    parser.add_argument("name", nargs="?", metavar="NAME", help="one component of the family; by default all")
    parser.add_argument("--json", action="store_true", help="as JSON, with settings, sources and documentation")
    parser.epilog = (
        "example: workbench components weighting mgda. Without a family one line each; with one the whole "
        "documentation: formula, symbols, defaults, source, and where published codes differ."
    )


def run(given: argparse.Namespace) -> int:
    """Print all families in short, a family in full, or one component of it."""
    if given.family is not None and given.family not in FAMILIES:
        raise WorkbenchError(f"There is no family {given.family!r}: {one_of(given.family, FAMILIES)}.")
    rows = [
        {"family": family, **row}
        for family in ([given.family] if given.family else FAMILIES)
        for row in components(family).to_dict("records")
    ]
    if given.name is not None:
        names = [row["name"] for row in rows]
        if given.name not in names:
            raise WorkbenchError(f"There is no {given.family} {given.name!r}: {one_of(given.name, names)}.")
        rows = [row for row in rows if row["name"] == given.name]
    if given.json:
        show_json(rows)
    else:
        print("\n".join(line for row in rows for line in lines(row, in_full=given.family is not None)).rstrip())
    return 0


def lines(row: dict[str, Any], in_full: bool) -> list[str]:
    """One component as text: family, name and idea; in full also its needs, source, documentation and settings."""
    if not in_full:
        return [f"{row['family']:<12} {row['name']:<18} {row['idea']}"]
    needs = row["needs"] and f"needs {row['needs']}"
    facts = ", ".join(part for part in (needs, row["source"], *row["tags"]) if part)
    out = [f"{row['name']}: {row['idea']}", *([f"    {facts}"] if facts else []), ""]
    prose, _, _ = inspect.cleandoc(row["documentation"]).partition("\n>>> ")  # without the example that tests run
    body = prose.partition("\n")[2].strip("\n")
    out += [*indent(body, "    ").splitlines(), ""] if body else []
    for name, setting in row["settings"].items():
        span = f" ({setting['range']})" if setting["range"] else ""
        out.append(f"    {name} = {setting['default']!r}{span}: {setting['help']}")
    return [*out, ""] if row["settings"] else out
