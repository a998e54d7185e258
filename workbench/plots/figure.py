"""A plotly figure that shows itself everywhere: plot, picture and one line of text in one bundle."""

import os
import shutil
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

from workbench.plots.style import FONT, GRID, INK

MIMETYPE = "application/vnd.plotly.v1+json"


class Figure(go.Figure):
    """A plotly figure displayed as plotly JSON, as PNG where a Chrome is there, and as one line of text.

    So it is a live plot in JupyterLab, a picture where only pictures are shown, and a sentence elsewhere.
    """

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {MIMETYPE: self.to_plotly_json_plain(), "text/plain": repr(self)}
        picture = png(self)
        if picture is not None:
            bundle["image/png"] = picture
        return bundle

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)

    def to_plotly_json_plain(self) -> dict[str, Any]:
        """The figure as plain JSON values."""
        import json

        return json.loads(self.to_json())

    def __repr__(self) -> str:
        names = [trace.name for trace in self.data if trace.name and trace.showlegend is not False]
        title = (self.layout.title.text or "figure").split("<br>")[0]
        return f"{title}: {', '.join(dict.fromkeys(names)) or f'{len(self.data)} traces'}"


@lru_cache(maxsize=1)
def chrome() -> str | None:
    """A Chrome or Chromium on this machine; without one kaleido's server would wait for ever."""
    given = os.environ.get("BROWSER_PATH")
    if given and os.access(given, os.X_OK):
        return given
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def png(figure: go.Figure, width: int = 900, height: int | None = None) -> bytes | None:
    """The figure as a PNG; None where no Chrome or no kaleido is there."""
    if chrome() is None or os.environ.get("WORKBENCH_PNG") == "0":
        return None
    try:
        import kaleido
    except ImportError:
        return None
    kaleido.start_sync_server(silence_warnings=True)  # started once, used by every figure
    size = {"width": figure.layout.width or width, "height": height or figure.layout.height or 450}
    return kaleido.calc_fig_sync(figure.to_dict(), opts={"format": "png", **size})


def styled(figure: Figure, title: str, height: int = 420) -> Figure:
    """The common look: readable when projected, light grid, legend at the right."""
    figure.update_layout(
        template="plotly_white",
        title={"text": title, "x": 0.01, "xanchor": "left"},
        font={"family": FONT, "size": 15, "color": INK},
        height=height,
        margin={"l": 70, "r": 20, "t": 70, "b": 60},
        hovermode="x unified",
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    return figure
