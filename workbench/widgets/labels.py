"""Names for screen readers where ipywidgets gives none."""

from pathlib import Path

import anywidget

from workbench.widgets.scripts import script

__all__ = ["Labels"]


class Labels(anywidget.AnyWidget):
    """Shows nothing; names drop-downs without a label in the panel it is put into, whenever they come.

    As the one widget that every panel has, it brings the panel's style sheet.
    """

    _esm = script("labels.js")
    _css = Path(__file__).parent / "panel.css"
