"""``workbench strategies``: what people ask for, and the spec that does it."""

import argparse
import json

from workbench.cli.tables import show_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.epilog = "example: workbench strategies; the line 'spec' is what Spec(**…) and a spec file take"


def run(given: argparse.Namespace) -> int:
    """Print every strategy."""
    from workbench.runs.strategies import strategies

    rows = strategies().to_dict("records")
    if given.json:
        show_json(rows)
        return 0
    for row in rows:
        print(f"{row['name']} ({row['field']})", f"    {row['idea']}", sep="\n")
        print(f"    spec: {json.dumps(row['spec'])}", f"    {row['call']}", sep="\n", end="\n\n")
    return 0
