"""One self-contained page about a run."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.component import WorkbenchError
from workbench.runs.export import figures
from workbench.runs.page import drawn, write_page

if TYPE_CHECKING:
    from workbench.runs.run import Run

BODY = """<p>{sentence}</p><table><tr><th>task</th><th>metric</th><th>validation</th><th>test</th></tr>{rows}</table>
{figures}
<h2>Spec</h2><p>One line: <code>{share}</code></p><pre>{spec}</pre>"""


def report(run: "Run", path: Path) -> Path:
    """Write the page (no network needed to read it) and return its path.

    Raises:
        WorkbenchError: the run is not over, or the page cannot be written.
    """
    summary = run.summary
    if "tasks" not in summary:
        raise WorkbenchError(f"Run {run.path.name!r} is {summary['status']}; a report needs a run that is over.")
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{task['metric']}</td><td>{_number(task['val'])}</td>"
        f"<td>{_number(task['test'])}</td></tr>"
        for name, task in summary["tasks"].items()
    )
    delta = summary["delta_m"]
    sentence = (
        f"{summary['status']} after {summary['steps']} steps in {summary['seconds']:.1f} s on {summary['device']}, "
        f"{summary['parameters']:,} parameters, model of epoch {summary['best_epoch']} ({summary['select']})"
        + (f"; Δm against single tasks {delta:+.2f} %" if delta is not None else "")
        + ("; steered by hand" if summary["steered"] else "")
        + "."
    )
    body = BODY.format(
        sentence=escape(sentence),
        rows=rows,
        figures=drawn(figures(run).values()),
        share=escape(run.spec.share()),
        spec=escape(run.spec.to_json()),
    )
    return write_page(path, run.path.name, body)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
