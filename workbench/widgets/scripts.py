"""The scripts and style sheets that the browser reads."""

from pathlib import Path

FOLDER = Path(__file__).parent


def script(*names: str) -> str:
    """The text of a widget's script, in one or more files, after what the scripts of all widgets share."""
    return "\n".join((FOLDER / file).read_text(encoding="utf-8") for file in ("element.js", *names))


def style(*names: str) -> str:
    """The text of a widget's style sheet, in one or more files."""
    return "\n".join((FOLDER / file).read_text(encoding="utf-8") for file in names)
