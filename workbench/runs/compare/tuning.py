"""One shared grid of learning rates for every method, chosen on validation."""

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.runs.run import Run
from workbench.runs.scores import kept_score
from workbench.spec import Spec

__all__ = ["content", "runs_of", "tuned"]


def content(spec: Spec) -> str:
    """A spec without its name, as one line."""
    return spec.replace(name="").share()


def runs_of(spec: Spec, seeds: Sequence[int], found: Mapping[str, Run]) -> list[Run]:
    """The runs of a spec, one per seed."""
    return [found[content(spec.replace(seed=seed))] for seed in seeds]


def tuned(spec: Spec, lrs: Sequence[float], seeds: Sequence[int], found: Mapping[str, Run]) -> Spec:
    """The spec with the learning rate whose kept models validate best, in the mean over all seeds."""
    each = [spec.replace(lr=lr) for lr in lrs]
    scores = [np.mean([kept_score(run) for run in runs_of(one, seeds, found)]) for one in each]
    return each[int(np.argmax(scores))]
