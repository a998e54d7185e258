"""An executed notebook as one HTML page that needs no network."""

import copy
from pathlib import Path
from typing import Any

__all__ = ["page_of"]

PLOTLY = "application/vnd.plotly.v1+json"

#: nbconvert's page without what it would fetch: require.js, MathJax and Mermaid; plotly's script only where it is used
TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}
{%- if resources.plotly_js -%}<script>{{ resources.plotly_js }}</script>{%- endif -%}
{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


def page_of(path: Path) -> str:
    """The page of an executed notebook: prose, code, outputs, and live plotly figures.

    Formulas stay as they are typed, since drawing them takes a library from the network.
    """
    import nbformat
    from nbconvert import HTMLExporter
    from plotly.offline import get_plotlyjs

    notebook = copy.deepcopy(nbformat.read(path, as_version=4))
    drawn = sum(
        _draw(output.data)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    )
    resources = {"metadata": {"name": path.stem}, "plotly_js": get_plotlyjs() if drawn else ""}
    page: str = HTMLExporter(raw_template=TEMPLATE, embed_images=True).from_notebook_node(notebook, resources)[0]
    return page


def _draw(data: dict[str, Any]) -> bool:
    """Put HTML that draws the figure in the place of plotly's JSON and its picture."""
    from plotly.io import to_html

    if PLOTLY not in data:
        return False
    figure = data.pop(PLOTLY)
    data.clear()
    data["text/html"] = to_html(
        {key: figure.get(key, {}) for key in ("data", "layout")},
        config={"responsive": True, "displaylogo": False},
        include_plotlyjs=False,
        full_html=False,
        validate=False,
    )
    return True
