"""Names for screen readers where ipywidgets gives none."""

import anywidget

from workbench.widgets.scripts import script

__all__ = ["Labels"]


class Labels(anywidget.AnyWidget):
    """Shows nothing; names handles and readouts of sliders in the panel it is put into, whenever they come."""

    _esm = script("labels.js")
    _css = ".wbl { display: none; }"
