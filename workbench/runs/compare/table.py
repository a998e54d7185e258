"""A row per method."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.runs.compare.intervals import improvement, interval, verdict
from workbench.runs.compare.measured import directions, means_on_test
from workbench.runs.compare.methods import Method
from workbench.runs.compare.times import score_within, seconds_of
from workbench.runs.delta import delta
from workbench.runs.run import Run
from workbench.runs.scores import kept_score

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["common_seeds", "table"]

#: a baseline above this leaves so little to win that a relative change hides it
NEAR_ONE = 0.95


def table(methods: Sequence[Method]) -> tuple["pd.DataFrame", list[str]]:
    """The frame of a comparison and what to keep in mind when reading it; see ``Comparison``."""
    import pandas as pd

    multi = [method for method in methods if not method.is_baseline and method.owner is None]
    there = [method for method in multi or methods if not method.failed]
    seconds = min((seconds_of(method.runs) for method in there), default=float("nan"))
    rows, said = zip(*(_row(method, seconds) for method in methods), strict=True)
    notes = list(dict.fromkeys(note for found in said for note in found))
    frame = pd.DataFrame(rows)
    frame.insert(frame.columns.get_loc("verdict"), "mean_rank", _ranks(methods))
    notes += _near_one(frame, directions(methods[0].runs))
    frame = frame.sort_values("against", key=lambda names: names != "", kind="stable").reset_index(drop=True)
    if len({tuple(method.seeds) for method in methods}) > 1:
        each = "; ".join(f"{method.name}: {', '.join(map(str, method.seeds))}" for method in methods)
        notes.append(
            f"Methods have other seeds ({each}): every Δm is paired with its own single tasks, but metrics and losses "
            "are means over these seeds, and so not of the same ones."
        )
    if (frame["seeds"] < 3).any():
        notes.append("Fewer than three seeds: an interval is wide or missing; train more before you claim anything.")
    notes.append("Models chosen on validation; all figures are of the test split; Δm in %, positive is better.")
    return frame, notes


def common_seeds(methods: Sequence[Method]) -> list[int]:
    """The seeds that every method was trained with."""
    return sorted(set.intersection(*(set(method.seeds) for method in methods)))


def _row(method: Method, seconds: float) -> tuple[dict[str, Any], list[str]]:
    """A method's row; Δm and its interval need every seed, since the ones that are left would flatter."""
    runs, notes = method.runs, []
    tasks = list(runs[0].summary["tasks"])
    deltas = []
    if method.failed:
        why = method.failed[0].summary["reason"].split(":")[0].rstrip(".")
        notes.append(f"{method.name}: {_failed(method)}, so that it has no Δm. {why}.")
    elif not _base_runs(method, failed=True):
        for run, base in zip(runs, _base_runs(method), strict=True):
            deltas.append(delta(run.summary["tasks"], base.summary["tasks"]))
            notes += deltas[-1].notes
    changes = np.array([each.tasks for each in deltas])
    if not np.isfinite(changes).all():
        deltas, changes = [], np.array([])
    low, high = (0.0, 0.0) if method.is_baseline and deltas else interval(changes)
    takes = seconds_of(runs)
    row: dict[str, Any] = {"method": method.name, "seeds": len(runs)}
    row["against"] = "" if method.is_baseline else method.base.name
    row |= means_on_test(runs)
    row |= {f"Δ {task}": _mean([each.each.get(task, np.nan) for each in deltas]) for task in tasks}
    row |= {
        "delta_m": _mean(changes),
        "low": low,
        "high": high,
        "delta_m_metrics": _mean([each.metrics for each in deltas]),
        "improves": np.nan if method.is_baseline else improvement(changes),
        "verdict": _verdict(method, low, high, len(changes)),
        "val": np.nan if method.failed else _mean([kept_score(run) for run in runs]),
        "val_in_time": np.nan if method.failed else _mean([score_within(run, seconds, takes) for run in runs]),
        "lr": runs[0].spec.lr,
        "steps": int(np.mean([run.summary["steps"] for run in runs])),
        "seconds": takes,
        "parameters": runs[0].summary["parameters"],
        "steered": any(run.summary["steered"] for run in runs),
    }
    return row, notes


def _base_runs(method: Method, failed: bool = False) -> list[Run]:
    """The single-task runs of the method's seeds; or of these only those that failed."""
    runs = [run for run in method.base.runs if run.spec.seed in method.seeds]
    return [run for run in runs if run in method.base.failed] if failed else runs


def _verdict(method: Method, low: float, high: float, values: int) -> str:
    if method.failed:
        return _failed(method)
    if method.is_baseline:
        return "the baseline"
    if _base_runs(method, failed=True):
        return f"{method.base.name}: {_failed(method.base)}"
    return verdict(low, high, values)


def _failed(method: Method) -> str:
    return f"failed ({len(method.failed)} of {len(method.runs)} seeds)"


def _ranks(methods: Sequence[Method]) -> list[float]:
    """Mean over tasks of each method's rank by its test metric, 1 is best, ties share their mean rank.

    The metric is the mean over the seeds that all methods have; NaN where they have none in common. What failed is
    last.
    """
    from scipy.stats import rankdata

    seeds = common_seeds(methods)
    if not seeds:
        return [np.nan] * len(methods)
    means = [means_on_test([run for run in method.runs if run.spec.seed in seeds]) for method in methods]
    ranks = []
    for task, entry in methods[0].runs[0].summary["tasks"].items():
        sign = -1 if entry["higher_is_better"] else 1
        values = [sign * mean[f"{task} {entry['metric']}"] for mean in means]
        ranks.append(rankdata([np.inf if np.isnan(value) else value for value in values]))
    return [float(rank) for rank in np.mean(ranks, axis=0)]


def _near_one(frame: "pd.DataFrame", higher: dict[str, bool]) -> list[str]:
    """A note per task whose single-task models leave little to win: the changes of what is missing to 1."""
    notes = []
    for task in (task for task, more in higher.items() if more):
        column = next(column for column in map(str, frame.columns) if column.startswith(f"{task} "))
        values = frame.set_index("method")[column]
        told = [
            f"{name} {(values[name] - values[base]) / (1 - values[base]) * 100:+.1f} %"
            for name, base in zip(frame["method"], frame["against"], strict=True)
            if base and NEAR_ONE <= values[base] < 1 and np.isfinite(values[name])
        ]
        if told:
            notes.append(
                f"{column} of single tasks is near 1, where Δ {task} hides what happens to the errors (1 − {column}); "
                f"fewer errors, positive: {', '.join(told)}."
            )
    return notes


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
