"""What fixed weights reach: the front that every method has to beat."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.runs.compare.measured import means_on_test
from workbench.runs.run import Run
from workbench.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_of", "mixes", "non_dominated", "volume", "weighted"]

#: the hypervolume's reference point: the worst loss seen, and this part of the spread beyond it
MARGIN = 0.1


def mixes(tasks: Sequence[str], count: int, seed: int = 0) -> list[dict[str, float]]:
    """Fixed weights of mean 1: evenly along the line for two tasks, else drawn from Dirichlet(1), equal ones first."""
    K = len(tasks)
    if K == 2:
        first = np.linspace(0, 1, count + 2)[1:-1]
        parts = np.stack([first, 1 - first], axis=1)
    else:
        drawn = np.random.default_rng(seed).dirichlet(np.ones(K), max(count - 1, 0))
        parts = np.concatenate([np.full((1, K), 1 / K), drawn])[:count]
    return [{task: round(float(K * part), 4) for task, part in zip(tasks, row, strict=True)} for row in parts]


def weighted(spec: Spec, weights: dict[str, float]) -> Spec:
    """The spec with these weights, fixed."""
    return spec.replace(weighting={"name": "fixed", "weights": weights}, gradients="exact")


def frame_of(groups: Sequence[tuple[dict[str, float], list[Run]]]) -> "pd.DataFrame":
    """A row per set of weights: ``w task``, and per task test metric and test loss (means over seeds), ``on_front``.

    ``on_front``: no other row has losses as low in every task and lower in one.
    """
    import pandas as pd

    rows = [{f"w {task}": weight for task, weight in mix.items()} | means_on_test(runs) for mix, runs in groups]
    frame = pd.DataFrame(rows)
    return frame.assign(on_front=non_dominated(frame[[f"{task} loss" for task in groups[0][0]]].to_numpy()))


def non_dominated(losses: np.ndarray) -> np.ndarray:
    """Which points no other one dominates; ``losses`` ``[n, K]``, lower is better; NaN is dominated."""
    known = np.isfinite(losses).all(1)
    better = (losses[:, None] <= losses).all(2) & (losses[:, None] < losses).any(2)  # [j, i]: j dominates i
    return known & ~(better & known[:, None]).any(0)


def volume(losses: np.ndarray, reference: tuple[float, float]) -> float:
    """The area that points of two losses dominate up to a reference point, see ``workbench.toys.hypervolume``."""
    import torch

    from workbench.toys.hypervolume import hypervolume

    return float(hypervolume(torch.as_tensor(losses[np.isfinite(losses).all(1)]), reference))


def reference_point(losses: np.ndarray) -> tuple[float, float]:
    """A little beyond the worst of both losses."""
    worst, best = np.nanmax(losses, axis=0), np.nanmin(losses, axis=0)
    first, second = worst + MARGIN * (worst - best)
    return float(first), float(second)
