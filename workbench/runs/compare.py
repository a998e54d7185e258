"""Is it really better? Methods against single-task models and equal weighting, paired by seed, with intervals."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.component import WorkbenchError
from workbench.runs.baseline import baseline, baseline_spec, find, same
from workbench.runs.delta import delta
from workbench.runs.run import Run
from workbench.runs.train import train
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from workbench.plots import Figure

DRAWS = 10_000
BASELINE = "single tasks"


class Comparison:
    """Methods side by side.

    Attributes:
        frame: one row per method: test metric of every task (mean over seeds), the change ``Δ task`` of each in %,
            ``delta_m`` (averaged over tasks) and ``delta_m_metrics`` (over metrics) in % against single tasks,
            positive is better, the 95 % interval ``low`` to ``high`` of ``delta_m`` (the wider of a paired bootstrap
            and Student's t over seeds), ``verdict``, seeds, steps, seconds, parameters, steered.
        notes: what to keep in mind when reading it.
    """

    def __init__(self, frame: "pd.DataFrame", notes: list[str]) -> None:
        self.frame = frame
        self.notes = notes

    def figure(self) -> "Figure":
        """Δm of every method with its interval, and the change of each task."""
        from workbench.plots import delta_m

        return delta_m(self.frame[self.frame["method"] != BASELINE])

    def __repr__(self) -> str:
        return "\n".join([self.frame.to_string(index=False, float_format="{:.3f}".format), *self.notes])

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return self.frame.to_html(index=False, float_format="{:.3f}".format, na_rep="–") + f"<ul>{notes}</ul>"


def compare(runs: Run | Iterable[Run], progress: bool = True) -> Comparison:
    """Compare runs, honestly: single-task models and equal weighting are always there, trained if they are missing.

    Runs that differ only in their seed are one method; each is paired with the baseline of the same seed. The model of
    each run was chosen on validation, the numbers are of the test split.

    Args:
        runs: finished runs of one problem with the same tasks.
        progress: show progress bars for what has to be trained.

    Raises:
        WorkbenchError: no run, an unfinished one, or runs of different problems or tasks.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    _check(runs)
    runs = _completed(runs, progress)
    baselines = {_seedless(run.spec, run.spec.seed): run for run in runs if _is_baseline(run.spec)}
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_seedless(run.spec), []).append(run)
    specs = [group[0].spec for group in groups.values()]
    names = labels(specs, [_is_baseline(spec) for spec in specs])
    rows, notes = [], []
    for group, label in zip(groups.values(), names, strict=True):
        row, found = _row(group, label, baselines)
        rows.append(row)
        notes += [note for note in found if note not in notes]
    import pandas as pd

    frame = pd.DataFrame(rows)
    frame = frame.sort_values("method", key=lambda names: names != BASELINE, kind="stable").reset_index(drop=True)
    if (frame["seeds"] < 3).any():
        notes.append("Fewer than three seeds: an interval is wide or missing; train more before you claim anything.")
    notes.append("Models chosen on validation; all figures are of the test split; Δm in %, positive is better.")
    return Comparison(frame, notes)


def _check(runs: list[Run]) -> None:
    if not runs:
        raise WorkbenchError("compare needs at least one run.")
    faults = []
    first = runs[0]
    tasks = list((first.folder.summary() or {"tasks": ()})["tasks"])
    for run in runs:
        summary = run.folder.summary()
        if summary is None or summary["status"] == "failed":
            faults.append(f"Run {run.path.name!r} is {run.summary['status']}: only finished runs can be compared.")
        elif run.spec.problem != first.spec.problem or list(summary["tasks"]) != tasks:
            faults.append(f"Run {run.path.name!r} has another problem or other tasks than {first.path.name!r}.")
    if faults:
        raise WorkbenchError(*faults)


def _completed(runs: list[Run], progress: bool) -> list[Run]:
    """The runs, and for each of their seeds the single-task baseline and equal weighting."""
    runs = list(runs)
    for run in list(runs):
        store = run.path.parent
        if _is_baseline(run.spec):
            continue
        if not any(same(other.spec, baseline_spec(run.spec)) for other in runs):
            runs.append(baseline(run.spec, progress, store))
        equal = run.spec.replace(weighting="equal", gradients="exact", name="")
        if not any(same(other.spec, equal) for other in runs):
            runs.append(find(equal, store) or train(equal, progress, store))
    return runs


def _row(group: list[Run], label: str, baselines: dict[str, Run]) -> tuple[dict[str, Any], list[str]]:
    summaries = [run.folder.summary() or {} for run in group]
    row: dict[str, Any] = {"method": label, "seeds": len(group)}
    for name, task in summaries[0]["tasks"].items():
        values = [s["tasks"][name]["test"] for s in summaries]
        row[f"{name} {task['metric']}"] = np.mean([np.nan if value is None else value for value in values])
    deltas, notes = [], []
    for run, summary in zip(group, summaries, strict=True):
        base = baselines.get(_seedless(baseline_spec(run.spec), run.spec.seed))
        if base is not None:
            deltas.append(delta(summary["tasks"], (base.folder.summary() or {})["tasks"]))
            notes += deltas[-1].notes
    changes = np.array([d.tasks for d in deltas])
    low, high = interval(changes) if label != BASELINE else (0.0, 0.0)
    for name in summaries[0]["tasks"]:
        row[f"Δ {name}"] = float(np.mean([d.each.get(name, np.nan) for d in deltas])) if deltas else np.nan
    row |= {
        "delta_m": float(changes.mean()) if len(changes) else np.nan,
        "low": low,
        "high": high,
        "delta_m_metrics": float(np.mean([d.metrics for d in deltas])) if deltas else np.nan,
        "verdict": _verdict(label, low, high),
        "steps": int(np.mean([s["steps"] for s in summaries])),
        "seconds": float(np.mean([s["seconds"] for s in summaries])),
        "parameters": summaries[0]["parameters"],
        "steered": any(s["steered"] for s in summaries),
    }
    return row, notes


def interval(values: np.ndarray, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Interval of the mean of paired differences: the wider of a percentile bootstrap and Student's t.

    With few seeds the bootstrap alone is too narrow. NaN, NaN for fewer than two values.
    """
    from scipy import stats

    values = values[np.isfinite(values)]
    n = len(values)
    if n < 2:
        return float("nan"), float("nan")
    means = np.random.default_rng(seed).choice(values, (DRAWS, n)).mean(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    half = stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(min(low, values.mean() - half)), float(max(high, values.mean() + half))


def _verdict(label: str, low: float, high: float) -> str:
    if label == BASELINE:
        return "the baseline"
    if not np.isfinite(low):
        return "one seed: cannot tell"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "no difference detected"


def _is_baseline(spec: Spec) -> bool:
    return same(spec, baseline_spec(spec))


def _seedless(spec: Spec, seed: int = 0) -> str:
    return spec.replace(seed=seed, name="").share()


def labels(specs: Sequence[Spec], baselines: Sequence[bool]) -> list[str]:
    """A short label per method: weighting and fusion, and whatever else differs between the methods.

    Args:
        specs: one per method.
        baselines: whether each is a single-task baseline.
    """
    others = [spec.to_dict(defaults=False) for spec, base in zip(specs, baselines, strict=True) if not base]
    keys = sorted({key for other in others for key in other} - {"weighting", "fusion", "seed", "name", "problem"})
    differing = [key for key in keys if len({repr(other.get(key)) for other in others}) > 1]
    found = []
    for spec, base in zip(specs, baselines, strict=True):
        parts = [_words(spec.weighting), _words(spec.fusion)]
        parts += [f"{key}={_words(getattr(spec, key))}" for key in differing]
        found.append(BASELINE if base else ", ".join(parts))
    return found


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    rest = ", ".join(f"{key}={item}" for key, item in value.items() if key != "name")
    return f"{value['name']}({rest})"
