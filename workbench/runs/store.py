"""The runs of a store as one table, and each by its name."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.component import WorkbenchError, one_of
from workbench.runs.folder import holds_run, store_folder
from workbench.runs.keeping import notes
from workbench.runs.rows import Row, Rows

if TYPE_CHECKING:
    import pandas as pd


def runs(store: str | Path | None = None) -> "pd.DataFrame":
    """The runs of a store, newest first.

    Columns: ``run`` (the folder), ``name`` and ``note`` (given by hand), status, components, seed, ``delta_m`` (in %),
    ``low`` and ``high`` (95 % interval of the mean of ``delta_m`` over the runs that differ only in their seed, as
    ``wb.compare`` takes it; NaN for fewer than two, steered and unfinished ones left out), ``seeds`` (how many seeds
    that are), steps, seconds, ``ms_per_step``, ``parameters``, ``best`` and ``last`` (validation score: the mean of the
    tasks' conventional metrics, each signed so that higher is better), whether it was steered, the test metric of
    every task, and ``path``.

    Raises:
        WorkbenchError: a folder that cannot be read.
    """
    import pandas as pd

    read = Rows(store_folder(store))
    rows = read.read()
    if read.faults:
        raise WorkbenchError(*read.faults)
    return pd.DataFrame([_cells(row) for row in rows])


def _cells(row: Row) -> dict[str, Any]:
    """Column -> what it says of a run."""
    summary, spec = row.summary, row.spec
    score = summary.get("score", {})
    return {
        "run": row.path.name,
        "name": row.given["name"],
        "status": summary["status"],
        "problem": spec.chosen("problem")[0],
        "fusion": spec.chosen("fusion")[0],
        "weighting": spec.chosen("weighting")[0],
        "seed": spec.seed,
        "delta_m": row.delta_m,
        "low": row.low,
        "high": row.high,
        "seeds": row.seeds,
        "steps": summary["steps"],
        "seconds": summary["seconds"],
        "ms_per_step": row.ms_per_step,
        "parameters": summary.get("parameters"),
        "best": score.get("best"),
        "last": score.get("last"),
        "steered": summary.get("steered"),
        **{f"{name} {task['metric']}": task["test"] for name, task in summary.get("tasks", {}).items()},
        "note": row.given["note"],
        "path": str(row.path),
    }


def find(name: str, store: Path) -> Path:
    """The folder of a run, from its path, or from its name in the store: the folder's or the given one, or a part.

    Raises:
        WorkbenchError: no run or several runs of that name.
    """
    if holds_run(Path(name)):
        return Path(name)
    known = sorted(path.parent for path in store.glob("*/spec.json")) if store.is_dir() else []
    names = {path: [path.name, given] if (given := notes(path)["name"]) else [path.name] for path in known}
    exact = [path for path in known if name in names[path]]
    fitting = exact or [path for path in known if any(name in one for one in names[path])]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        shown = ", ".join(path.name for path in fitting)
        raise WorkbenchError(f"Several runs in {str(store)!r} fit {name!r}: {shown}.")
    allowed = (one for path in known for one in names[path])
    raise WorkbenchError(f"There is no run {name!r} in {str(store)!r}: {one_of(name, allowed)}.")
