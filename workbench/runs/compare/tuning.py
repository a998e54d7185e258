"""One shared grid of learning rates for every method, chosen on validation."""

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.component import WorkbenchError, short
from workbench.runs.run import Run
from workbench.runs.scores import kept_score
from workbench.runs.steering import is_rate
from workbench.spec import Spec

__all__ = ["check_rates", "content", "runs_of", "tuned"]


def content(spec: Spec) -> str:
    """A spec without its name, as one line."""
    return spec.replace(name="").share()


def runs_of(spec: Spec, seeds: Sequence[int], found: Mapping[str, Run]) -> list[Run]:
    """The runs of a spec, one per seed."""
    return [found[content(spec.replace(seed=seed))] for seed in seeds]


def check_rates(lrs: Sequence[float]) -> list[float]:
    """The grid, ascending and each once.

    Raises:
        WorkbenchError: what is no learning rate.
    """
    wrong = [lr for lr in lrs if not is_rate(lr)]
    if wrong or not len(lrs):
        raise WorkbenchError(f"compare(lrs=…) should be numbers above 0, found {short(wrong[0] if wrong else lrs)}.")
    return sorted(set(map(float, lrs)))


def tuned(spec: Spec, lrs: Sequence[float], seeds: Sequence[int], found: Mapping[str, Run]) -> Spec:
    """The spec with the learning rate whose kept models validate best, in the mean over all seeds."""
    each = [spec.replace(lr=lr) for lr in lrs]
    scores = [np.mean([kept_score(run) for run in runs_of(one, seeds, found)]) for one in each]
    return each[int(np.argmax(scores))]
