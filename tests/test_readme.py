"""The README names what there is: every component, every notebook, and no other."""

import re
from pathlib import Path

from workbench.component import FAMILIES, members

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = README.partition("## What there is")[2].partition("`wb.components(")[0]


def test_every_component_is_named():
    named = set(re.findall(r"`(\w+)`", TABLE))
    missing = [f"{family} {name}" for family in FAMILIES for name in members(family) if name not in named]
    assert not missing


def test_nothing_else_is_named():
    known = {name for family in FAMILIES for name in members(family)}
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")]
    assert set(re.findall(r"`(\w+)`", "\n".join(rows))) <= known


def test_every_notebook_is_named():
    named = set(re.findall(r"^\| `(\d\d_\w+)` \|", README, re.MULTILINE))
    assert named == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
