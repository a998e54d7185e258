"""A button that shows and hides what is below it, without asking the kernel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from workbench.widgets.scripts import script

__all__ = ["Fold"]


class Fold(anywidget.AnyWidget):
    """The heading of a section that is closed at first.

    Args:
        label: its name.
        hint: what is in it.
    """

    _esm = script("pickers/fold.js")
    _css = Path(__file__).parent / "fold.css"
    label = traitlets.Unicode().tag(sync=True)
    #: not "tooltip": ipywidgets reads that one, and expects a description beside it
    hint = traitlets.Unicode().tag(sync=True)
    #: what one should know of it while it is closed
    note = traitlets.Unicode().tag(sync=True)
    opened = traitlets.Bool(False).tag(sync=True)

    def __init__(self, label: str, hint: str) -> None:
        super().__init__(label=label, hint=hint)

    def below(self, children: Sequence[Any]) -> Any:
        """The section itself, to be placed right after this heading."""
        box = widgets.VBox(list(children))
        box.add_class("wbf-below")
        return box
