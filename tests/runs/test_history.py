"""History: what is read off the records of a run."""

import math

from workbench.runs.history import History
from workbench.training.records import Evaluation

METRICS = [("a", "accuracy", True), ("b", "mae", False)]


def test_the_best_score_is_finite_and_not_later_than_asked():
    found = [(0, 0.5, 2.0), (10, 0.75, math.nan), (20, 0.75, 1.0), (30, 1.0, 0.5)]
    history = History(
        Evaluation(step, i, "val", {"a": {"accuracy": a}, "b": {"mae": b}}) for i, (step, a, b) in enumerate(found)
    )
    scores = history.scores(METRICS)
    assert [step for step, _ in scores] == [0, 10, 20, 30]
    assert (scores[0][1], scores[2][1], scores[3][1]) == (-0.75, -0.125, 0.25)
    assert math.isnan(scores[1][1])
    assert [history.best_score(METRICS, until) for until in (0, 19.5, 20, math.inf)] == [-0.75, -0.75, -0.125, 0.25]


def test_without_validation_of_every_task_there_is_no_score():
    history = History([Evaluation(0, 0, "val", {"a": {"accuracy": 0.5}})])
    assert history.scores(METRICS) == []
    assert math.isnan(history.best_score(METRICS))
