"""The single-task baseline: one model per task, same encoder, same budget; trained once, found again by content."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from workbench.runs.delta import delta
from workbench.runs.folder import store_folder
from workbench.runs.run import Run
from workbench.runs.train import train
from workbench.spec import Spec


def baseline_spec(spec: Spec) -> Spec:
    """The baseline of a spec: the same, but every task has a network of its own and nothing is weighted."""
    return spec.replace(
        fusion="independent",
        weighting="equal",
        schedule="all",
        gradients="exact",
        affinity=None,
        name=f"{spec.name}-baseline" if spec.name else "single-tasks",
    )


def baseline(spec: Spec, progress: bool = True, out: str | os.PathLike[str] | None = None) -> Run:
    """The single-task baseline of a spec.

    All single-task networks are trained side by side, which changes nothing for any of them: they share no parameter,
    and optimisers work coordinate by coordinate (gradient clipping, if asked for, is the exception). As everywhere,
    validation picks one epoch for all tasks. A finished baseline of the same content in the store is used again.

    Args:
        spec: the multi-task spec.
        progress: show a progress bar.
        out: the store; default: the variable ``WORKBENCH_RUNS``, else ``./runs``.
    """
    wanted = baseline_spec(spec)
    return find(wanted, out) or train(wanted, progress, out)


def find(spec: Spec, out: str | os.PathLike[str] | None = None, statuses: Collection[str] = ("done",)) -> Run | None:
    """The newest run of the same content in the store that ended so, steered ones left out."""
    for path in sorted(store_folder(out).glob(f"*-{spec.hash}*"), reverse=True):
        if not (path / "summary.json").is_file():
            continue
        run = Run(path)
        summary = run.folder.summary() or {}
        if summary["status"] in statuses and not summary["steered"] and same(run.spec, spec):
            return run
    return None


def same(a: Spec, b: Spec) -> bool:
    """Equal up to their names."""
    return a.replace(name="") == b.replace(name="")


def delta_against_baseline(run: Run, summary: dict[str, Any]) -> float | None:
    """Δm on test against the baseline in the run's own store (averaged over tasks); None where there is none."""
    found = find(baseline_spec(run.spec), Path(run.path).parent)
    base = found.folder.summary() if found else None
    if base is None:
        return None
    value = delta(summary["tasks"], base["tasks"]).tasks
    return value if value == value else None
