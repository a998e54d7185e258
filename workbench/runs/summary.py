"""The one-page result of a run: ``summary.json``."""

import math
from typing import TYPE_CHECKING, Any

from workbench.training.records import End

if TYPE_CHECKING:
    from workbench.runs.session import Session


def summarise(session: "Session", end: End) -> dict[str, Any]:
    """What there is to say at the end, as JSON values (what is not finite becomes null).

    ``tasks`` holds, per task, its conventional metric on validation (at the epoch that was chosen) and on test, and all
    metrics under ``metrics``; ``answered_by`` says which model answered for it: the network, or a linear model where
    the schedule left the task out. ``objective`` is the sum of the tasks' mean losses, each of the model that answered:
    ``J = Σ λ_j J_j + Σ (1 − λ_j) J_j^linear``, λ_j = 1 for the tasks that were trained. ``score`` is the
    best and the last validation score, whatever ``select`` judged by.
    """
    exp, at, history = session.exp, session.state.position, session.history
    shared, own = exp.parameters
    answers, tasks = exp.answers, {}
    for task in exp.tasks:
        quantities = sorted({q for split, name, q in history.curves if name == task.name and split in ("val", "test")})
        metrics = {
            quantity: {
                "val": _number(history.last("val", task.name, quantity, at.best_step)),
                "test": _number(history.last("test", task.name, quantity)),
                "higher_is_better": quantity not in task.lower_is_better,
            }
            for quantity in quantities
        }
        main = metrics.get(task.metric, {"val": None, "test": None})
        tasks[task.name] = {
            "kind": task.kind,
            "answered_by": answers[task.name].model if task.name in answers else "network",
            "metric": task.metric,
            "val": main["val"],
            "test": main["test"],
            "higher_is_better": task.higher_is_better,
            "metrics": metrics,
        }
    seconds = at.seconds
    return {
        "status": end.status,
        "reason": end.reason,
        "tasks": tasks,
        "delta_m": None,
        "score": _scores(session),
        "objective": {
            "val": _number(sum(history.last("val", name, "loss", at.best_step) for name in exp.names)),
            "test": _number(sum(history.last("test", name, "loss") for name in exp.names)),
        },
        "steps": at.step,
        "epochs": at.epoch,
        "seconds": seconds,
        "steps_per_second": at.step / seconds if seconds else None,
        "parameters": shared + own,
        "parameters_shared": shared,
        "best_epoch": at.best_epoch,
        "best_step": at.best_step,
        "select": exp.spec.select,
        "steered": at.steered,
        "device": str(exp.device),
        "seed": exp.spec.seed,
    }


def _scores(session: "Session") -> dict[str, float | None]:
    """Best and last validation score, whatever ``select`` judged by."""
    metrics, history = session.exp.metrics, session.history
    scores = history.scores(metrics)
    return {"best": _number(history.best_score(metrics)), "last": _number(scores[-1][1]) if scores else None}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
