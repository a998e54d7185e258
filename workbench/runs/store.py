"""The runs of a store as one table."""

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.runs.folder import store_folder
from workbench.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd


def runs(store: str | Path | None = None) -> "pd.DataFrame":
    """The runs of a store, newest first: name, status, test metric of every task, steps, seconds, steered, path."""
    import pandas as pd

    rows = []
    for place in sorted(store_folder(store).glob("*/spec.json"), reverse=True):
        run = Run(place.parent)
        summary = run.summary
        rows.append(
            {
                "run": run.path.name,
                "status": summary["status"],
                "problem": run.spec.chosen("problem")[0],
                "fusion": run.spec.chosen("fusion")[0],
                "weighting": run.spec.chosen("weighting")[0],
                "seed": run.spec.seed,
                "delta_m": summary.get("delta_m"),
                "steps": summary["steps"],
                "seconds": summary["seconds"],
                "steered": summary.get("steered"),
                **{f"{name} {task['metric']}": task["test"] for name, task in summary.get("tasks", {}).items()},
                "path": str(run.path),
            }
        )
    return pd.DataFrame(rows)
