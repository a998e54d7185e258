"""``workbench components``: what there is."""

import argparse
from typing import Any

from workbench.cli.tables import show_json
from workbench.component import FAMILIES, WorkbenchError, components, one_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("family", nargs="?", metavar="FAMILY", help=f"one of {', '.join(FAMILIES)}; by default all")
    parser.add_argument("--json", action="store_true", help="as JSON, with settings, sources and documentation")
    parser.epilog = "example: workbench components weighting"


def run(given: argparse.Namespace) -> int:
    """Print a family with its settings, or all families in short."""
    if given.family is not None and given.family not in FAMILIES:
        raise WorkbenchError(f"There is no family {given.family!r}: {one_of(given.family, FAMILIES)}.")
    rows = [
        {"family": family, **row}
        for family in ([given.family] if given.family else FAMILIES)
        for row in components(family).to_dict("records")
    ]
    if given.json:
        show_json(rows)
    else:
        print(*(line for row in rows for line in lines(row, in_full=given.family is not None)), sep="\n")
    return 0


def lines(row: dict[str, Any], in_full: bool) -> list[str]:
    """One component as text: family, name and idea; in full also its needs, source and settings."""
    out = [f"{row['family']:<12} {row['name']:<18} {row['idea']}"]
    if in_full:
        facts = ", ".join(part for part in (row["needs"] and f"needs {row['needs']}", row["source"]) if part)
        out = [f"{row['name']}: {row['idea']}", *([f"    {facts}"] if facts else [])]
        for name, setting in row["settings"].items():
            span = f" ({setting['range']})" if setting["range"] else ""
            out.append(f"    {name} = {setting['default']!r}{span}: {setting['help']}")
    return out
