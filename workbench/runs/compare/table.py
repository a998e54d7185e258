"""A row per method."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.runs.baseline import baseline_spec
from workbench.runs.compare.intervals import improvement, interval, verdict
from workbench.runs.compare.labels import BASELINE, MATCHED
from workbench.runs.compare.times import score_within, seconds_of
from workbench.runs.compare.tuning import content
from workbench.runs.delta import delta
from workbench.runs.run import Run
from workbench.runs.scores import kept_score
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["card", "table"]


def table(names: Sequence[str], groups: Sequence[Sequence[Run]]) -> tuple["pd.DataFrame", list[str]]:
    """The frame of a comparison and what to keep in mind when reading it; see ``Comparison``.

    Args:
        names: of the methods.
        groups: the runs of each, one per seed.
    """
    import pandas as pd

    named = list(zip(names, groups, strict=True))
    bases = [run for name, runs in named if name == BASELINE for run in runs]
    seconds = min(map(seconds_of, [runs for name, runs in named if name not in (BASELINE, MATCHED)] or groups))
    rows, notes = [], []
    for name, runs in named:
        row, found = _row(name, runs, bases, seconds)
        rows.append(row)
        notes += [note for note in found if note not in notes]
    frame = pd.DataFrame(rows)
    frame.insert(frame.columns.get_loc("verdict"), "mean_rank", _ranks(groups))
    frame = frame.sort_values("method", key=lambda names: names != BASELINE, kind="stable").reset_index(drop=True)
    if (frame["seeds"] < 3).any():
        notes.append("Fewer than three seeds: an interval is wide or missing; train more before you claim anything.")
    notes.append("Models chosen on validation; all figures are of the test split; Δm in %, positive is better.")
    return frame, notes


def _row(name: str, runs: Sequence[Run], bases: Sequence[Run], seconds: float) -> tuple[dict[str, Any], list[str]]:
    summaries = [run.summary for run in runs]
    row: dict[str, Any] = {"method": name, "seeds": len(runs)}
    for task, entry in summaries[0]["tasks"].items():
        values = [s["tasks"][task]["test"] for s in summaries]
        row[f"{task} {entry['metric']}"] = np.mean([np.nan if value is None else value for value in values])
    deltas, notes = [], []
    for run, summary in zip(runs, summaries, strict=True):
        base = _baseline_of(run.spec, bases)
        if base is not None:
            deltas.append(delta(summary["tasks"], base.summary["tasks"]))
            notes += deltas[-1].notes
    changes = np.array([d.tasks for d in deltas])
    low, high = interval(changes) if name != BASELINE else (0.0, 0.0)
    for task in summaries[0]["tasks"]:
        row[f"Δ {task}"] = float(np.mean([d.each.get(task, np.nan) for d in deltas])) if deltas else np.nan
    row |= {
        "delta_m": float(changes.mean()) if len(changes) else np.nan,
        "low": low,
        "high": high,
        "delta_m_metrics": float(np.mean([d.metrics for d in deltas])) if deltas else np.nan,
        "improves": improvement(changes) if name != BASELINE else np.nan,
        "verdict": "the baseline" if name == BASELINE else verdict(low, high),
        "val": float(np.mean([kept_score(run) for run in runs])),
        "val_in_time": float(np.mean([score_within(run, seconds, seconds_of(runs)) for run in runs])),
        "lr": runs[0].spec.lr,
        "steps": int(np.mean([s["steps"] for s in summaries])),
        "seconds": seconds_of(runs),
        "parameters": summaries[0]["parameters"],
        "steered": any(s["steered"] for s in summaries),
    }
    return row, notes


def _ranks(groups: Sequence[Sequence[Run]]) -> list[float]:
    """Mean over tasks of each method's rank by its mean test metric, 1 is best, ties share their mean rank."""
    from scipy.stats import rankdata

    ranks = []
    for task, entry in groups[0][0].summary["tasks"].items():
        sign = -1 if entry["higher_is_better"] else 1
        means = [
            np.mean([np.nan if (v := run.summary["tasks"][task]["test"]) is None else v for run in runs])
            for runs in groups
        ]
        ranks.append(rankdata([np.inf if np.isnan(mean) else sign * mean for mean in means]))
    return [float(rank) for rank in np.mean(ranks, axis=0)]


def card(
    spec: Spec,
    groups: Sequence[Sequence[Run]],
    seeds: Sequence[int],
    rates: Sequence[float] | None,
    tried: Mapping[str, int],
    front: int,
) -> dict[str, str]:
    """How the comparison was made, for the card below its table."""
    runs = sum(len(group) * max(tried.get(content(group[0].spec.replace(seed=0)), 1), 1) for group in groups)
    grid = "not tuned; every method has the learning rate of its spec"
    if rates:
        listed = ", ".join(f"{lr:g}" for lr in rates)
        grid = f"{listed}: {len(rates)} × {len(seeds)} runs for every method, the baselines too"
    selector = {
        "last": "the last epoch",
        "val_loss": "the epoch with the lowest validation loss (relative to the first, mean over tasks)",
    }.get(spec.select, "the epoch with the best validation score (mean of the tasks' conventional metrics, signed)")
    return {
        "baseline": "one network per task, same encoder, same steps, same seed",
        "learning rates": grid,
        "seeds": f"{', '.join(map(str, seeds))}, paired",
        "model": f"{selector}, one epoch for all tasks",
        "test": "touched once per run, for that model",
        "Δm": "task-mean (delta_m) and metric-mean (delta_m_metrics), gains positive",
        "mean rank": f"among the {len(groups)} methods of this table; another set, other ranks",
        "val_in_time": "best validation score within the time of the quickest multi-task method",
        "runs": f"{runs + front * len(seeds)} in all",
    }


def _baseline_of(spec: Spec, bases: Sequence[Run]) -> Run | None:
    """The single-task run of the same seed: the same but for its learning rate, else the only one there is."""
    seeded = [run for run in bases if run.spec.seed == spec.seed]
    wanted = baseline_spec(spec)
    for alike in (lambda a, b: content(a) == content(b), lambda a, b: content(a.replace(lr=b.lr)) == content(b)):
        found = next((run for run in seeded if alike(run.spec, wanted)), None)
        if found is not None:
            return found
    return seeded[0] if len(seeded) == 1 else None
