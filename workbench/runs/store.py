"""The runs of a store as one table, and each by its name."""

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.component import WorkbenchError, one_of
from workbench.runs.folder import store_folder
from workbench.runs.keeping import notes
from workbench.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd


def runs(store: str | Path | None = None) -> "pd.DataFrame":
    """The runs of a store, newest first.

    Columns: ``run`` (the folder), ``name`` and ``note`` (given by hand), status, components, seed, ``delta_m``, steps,
    seconds, ``ms_per_step``, ``parameters``, ``best`` and ``last`` (validation score: the mean of the tasks'
    conventional metrics, each signed so that higher is better), whether it was steered, the test metric of every task,
    and ``path``.
    """
    import pandas as pd

    rows = []
    for place in sorted(store_folder(store).glob("*/spec.json"), reverse=True):
        run = Run(place.parent)
        summary, given = run.summary, notes(run.path)
        seconds, steps, score = summary["seconds"], summary["steps"], summary.get("score", {})
        rows.append(
            {
                "run": run.path.name,
                "name": given["name"],
                "status": summary["status"],
                "problem": run.spec.chosen("problem")[0],
                "fusion": run.spec.chosen("fusion")[0],
                "weighting": run.spec.chosen("weighting")[0],
                "seed": run.spec.seed,
                "delta_m": summary.get("delta_m"),
                "steps": steps,
                "seconds": seconds,
                "ms_per_step": 1000 * seconds / steps if seconds and steps else None,
                "parameters": summary.get("parameters"),
                "best": score.get("best"),
                "last": score.get("last"),
                "steered": summary.get("steered"),
                **{f"{name} {task['metric']}": task["test"] for name, task in summary.get("tasks", {}).items()},
                "note": given["note"],
                "path": str(run.path),
            }
        )
    return pd.DataFrame(rows)


def find(name: str, store: Path) -> Path:
    """The folder of a run, from its path, or from its name in the store: the folder's or the given one, or a part.

    Raises:
        WorkbenchError: no run or several runs of that name.
    """
    if (Path(name) / "spec.json").is_file():
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
