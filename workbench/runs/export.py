"""The figures of a run, and everything about it as files that anything can read."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.component import WorkbenchError
from workbench.files import make_folder
from workbench.runs.folder import unwritable, write_atomically

if TYPE_CHECKING:
    from workbench.plots import Figure
    from workbench.runs.run import Run


def figures(run: "Run") -> "dict[str, Figure]":
    """The figures there are: ``losses`` and ``weights``; ``affinity`` and ``gates`` where they were measured."""
    from workbench.plots import gates

    found = {"losses": run.losses(), "weights": run.weights()}
    if run.records.affinities:
        found["affinity"] = run.heatmap()
    if run.records.inspections:
        found["gates"] = gates(run.gates())
    return found


def export(run: "Run", folder: Path) -> list[Path]:
    """Write ``history.csv``, ``spec.json``, ``summary.json`` and every figure as a page and as a picture.

    Args:
        folder: made where it is missing; files of these names in it are replaced.

    Returns:
        The files written. A page needs no network. Pictures (PNG) are written where a Chrome is on this machine.

    Raises:
        WorkbenchError: the folder cannot be written, or is a file.
    """
    from workbench.plots.figure import png

    if folder.exists() and not folder.is_dir():
        raise WorkbenchError(f"{str(folder)!r} is a file; name a folder to export run {run.path.name!r} into.")
    make_folder(folder)
    try:
        written = [folder / "history.csv", folder / "spec.json", folder / "summary.json"]
        run.history.to_csv(written[0], index=False)
        shutil.copyfile(run.path / "spec.json", written[1])
        write_atomically(written[2], json.dumps(run.summary, indent=2))
        for name, figure in figures(run).items():
            write_atomically(folder / f"{name}.html", figure.to_html(include_plotlyjs=True))
            written.append(folder / f"{name}.html")
            picture = png(figure)
            if picture is not None:
                (folder / f"{name}.png").write_bytes(picture)
                written.append(folder / f"{name}.png")
    except OSError as error:
        raise unwritable(folder, error) from None
    return written
