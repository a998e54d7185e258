"""Δm: mean relative change against the single-task baseline, in both conventions."""

from typing import Any, NamedTuple

#: a baseline nearer to 0 than this makes a relative change meaningless
NEAR_ZERO = 0.05


class Delta(NamedTuple):
    """Relative change in %, positive is better.

    Attributes:
        tasks: averaged within each task first, then over tasks (Maninis et al. 2019, LibMTL).
        metrics: averaged over all metrics (Nash-MTL, FAMO, with the sign turned); a task with more metrics counts more.
        each: the change of every task, averaged over its metrics.
        notes: what makes the figure doubtful, one sentence each.
    """

    tasks: float
    metrics: float
    each: dict[str, float]
    notes: list[str]


def delta(values: dict[str, Any], base: dict[str, Any], split: str = "test") -> Delta:
    """Δm of a run against its baseline.

    ``Δ_ks = ±(M_ks − B_ks) / |B_ks| · 100``, + where higher is better; then ``(1/K) Σ_k (1/S_k) Σ_s Δ_ks`` and
    ``(1/ΣS_k) Σ_k Σ_s Δ_ks``, S_k the number of metrics of task k (its loss is not one).

    Args:
        values, base: the ``tasks`` entry of two summaries.
        split: ``test`` or ``val``.
    """
    per_task: dict[str, list[float]] = {}
    notes = []
    for task, entry in values.items():
        changes = []
        for metric, found in entry["metrics"].items():
            if metric == "loss":
                continue
            mine, theirs = found[split], base[task]["metrics"][metric][split]
            if mine is None or theirs is None or theirs == 0:
                notes.append(f"{task} {metric} is left out: a value is missing or its baseline is 0.")
                continue
            if abs(theirs) < NEAR_ZERO and found["higher_is_better"]:
                notes.append(f"{task} {metric} has a baseline near 0 (below {NEAR_ZERO}): its relative change is huge.")
            change = (mine - theirs) / abs(theirs) * 100
            changes.append(change if found["higher_is_better"] else -change)
        if changes:
            per_task[task] = changes
    if not per_task:
        return Delta(float("nan"), float("nan"), {}, notes)
    each = {task: sum(changes) / len(changes) for task, changes in per_task.items()}
    most, least = (pick(per_task, key=lambda task: len(per_task[task])) for pick in (max, min))
    if len(per_task[most]) > len(per_task[least]):
        count = sum(map(len, per_task.values()))
        notes.append(
            f"{most} has {len(per_task[most])} of {count} metrics, {least} {len(per_task[least])}: the mean over "
            f"metrics listens to {most} more, the mean over tasks does not."
        )
    everything = [change for changes in per_task.values() for change in changes]
    return Delta(sum(each.values()) / len(each), sum(everything) / len(everything), each, notes)
