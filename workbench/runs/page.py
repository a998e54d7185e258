"""Self-contained pages: one look, and no network to read them."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.component import WorkbenchError
from workbench.runs.folder import write_atomically

if TYPE_CHECKING:
    from workbench.plots import Figure

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
.wide {{ overflow-x: auto; }} table {{ border-collapse: collapse; border: 0; }}
th, td {{ padding: .3rem .8rem; border: 0; border-bottom: 1px solid #d9d9d9; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }} pre {{ background: #f5f5f5; padding: 1rem; overflow: auto; }}
</style></head><body>
<h1>{title}</h1>{body}</body></html>
"""


def page(title: str, body: str) -> str:
    """A page with this title, as text, and this body, as HTML."""
    return PAGE.format(title=escape(title), body=body)


def drawn(figures: "Iterable[Figure]") -> str:
    """Figures as HTML, with what draws them in the first one."""
    return "".join(f.to_html(full_html=False, include_plotlyjs=i == 0) for i, f in enumerate(figures))


def write_page(path: Path, title: str, body: str) -> Path:
    """Write a page, and return its path.

    Raises:
        WorkbenchError: it cannot be written.
    """
    try:
        write_atomically(path, page(title, body))
    except OSError as error:
        raise WorkbenchError(f"{str(path)!r} cannot be written: {error.strerror or error}.") from None
    return path
