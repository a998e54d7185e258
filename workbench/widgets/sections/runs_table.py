"""The runs of a store as the browser gets them: what the table, the overlay and the scatter call each."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timezone
from math import isfinite
from typing import Any

from workbench.runs.compare import labels
from workbench.runs.rows import Row
from workbench.spec import Spec

__all__ = ["alike", "cells", "methods", "names", "seeded", "short"]


def alike(row: Row, spec: Spec, tasks: Collection[str] | None) -> bool:
    """Whether a run has this problem and these tasks.

    Args:
        row: the run.
        spec: decides the problem.
        tasks: all of them, in any order; None: any.
    """
    mine = row.summary.get("tasks") or row.spec.tasks
    fits = not (tasks and mine) or set(mine) == set(tasks)
    return fits and row.spec.problem == spec.problem


def methods(rows: Sequence[Row]) -> list[str]:
    """What each run does: weighting, fusion, and what else runs with both of these differ in.

    The problem comes first where there are several.
    """
    problems = [row.spec.chosen("problem")[0] for row in rows]
    alike: dict[tuple[str, str, str], list[int]] = {}
    for i, (row, problem) in enumerate(zip(rows, problems, strict=True)):
        alike.setdefault((problem, str(row.spec.weighting), str(row.spec.fusion)), []).append(i)
    found = [""] * len(rows)
    for places in alike.values():
        of = [rows[i] for i in places]
        said = labels([row.spec for row in of], [row.content == row.baseline for row in of])
        for i, words in zip(places, said, strict=True):
            found[i] = f"{problems[i]}: {words}" if len(set(problems)) > 1 else words
    return found


def seeded(rows: Sequence[Row], said: Sequence[str]) -> list[str]:
    """The same with the seed, where several runs differ in nothing else.

    Args:
        rows: the runs.
        said: what each does, see ``methods``.
    """
    count = Counter(said)
    return [
        f"{words} · seed {row.spec.seed}" if count[words] > 1 else words for row, words in zip(rows, said, strict=True)
    ]


def names(rows: Sequence[Row], said: Sequence[str]) -> list[str]:
    """A name per run that no other one has: the given one, else what it does, numbered from the oldest on if need be.

    Args:
        rows: newest first.
        said: what each does, see ``seeded``.
    """
    wanted = [row.given["name"] or words for row, words in zip(rows, said, strict=True)]
    seen: Counter[str] = Counter()
    found = []
    for name in reversed(wanted):
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found[::-1]


def cells(row: Row, method: str, name: str) -> dict[str, Any]:
    """A row of the table, as JSON values: what is not known is None."""
    summary, score = row.summary, row.summary.get("score", {})
    return {
        "run": row.path.name,
        "name": row.given["name"],
        "note": row.given["note"],
        "label": name,
        "method": method,
        "status": summary["status"],
        "over": row.over,
        "baseline": row.content == row.baseline,
        "steered": bool(summary.get("steered")),
        "delta_m": short(row.delta_m),
        "low": short(row.low),
        "high": short(row.high),
        "seeds": row.seeds,
        "steps": summary["steps"],
        "seconds": short(summary["seconds"]),
        "ms_per_step": short(row.ms_per_step),
        "parameters": summary.get("parameters"),
        "best": short(score.get("best")),
        "last": short(score.get("last")),
        "started": _started(row.path.name),
    }


def short(value: float | None) -> float | None:
    """Five digits; None for what is no finite number."""
    return float(f"{value:.5g}") if value is not None and isfinite(value) else None


def _started(folder: str) -> str:
    """When a run was started, on this machine's clock, out of the name of its folder."""
    try:
        at = datetime.strptime(folder[:15], "%Y%m%dT%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return ""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
