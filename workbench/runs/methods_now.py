"""What every method would do with the gradients that a run measured last."""

from typing import TYPE_CHECKING

import numpy as np

from workbench.component import WorkbenchError
from workbench.runs.history import GradientsAt, History
from workbench.weightings.compare import compare

if TYPE_CHECKING:
    import pandas as pd

#: the name under which the weights that the run itself applied stand beside the methods
THIS_RUN = "this run"


def gramian(history: History, step: int | None = None) -> GradientsAt:
    """The last Gramian that was recorded, with the losses and weights of its step.

    Args:
        step: none later than this; default: the last one.

    Raises:
        WorkbenchError: none was recorded (so early), and why.
    """
    found = [each for each in history.gramians if step is None or each.step <= step]
    if found:
        return found[-1]
    if history.gramians:
        first = history.gramians[0].step
        raise WorkbenchError(f"No Gramian was measured up to step {step}; the first one is of step {first}.")
    if history.affinities:
        raise WorkbenchError(
            "This run was recorded before maps were kept with their Gramian; wb.replay(run) trains it again, with it."
        )
    raise WorkbenchError(
        "No Gramian was measured: it comes with the affinity map, which takes two tasks in one step, shared parameters "
        "and affinity= in the spec."
    )


def methods_now(history: History, step: int | None = None) -> "pd.DataFrame":
    """All weightings on that Gramian and its losses; see ``wb.weightings.compare`` for the columns.

    Tasks that were absent from the step are left out. The first rows, ``this run``, hold the weights that the run
    applied; each method starts fresh, so the run's own method is there too, without what it has learned so far.

    Args:
        step: as for ``gramian``.

    Raises:
        WorkbenchError: no Gramian was recorded, or it is not finite.
    """
    import torch

    at = gramian(history, step)
    present = np.flatnonzero(~np.isnan(at.losses))
    G = torch.as_tensor(at.G[np.ix_(present, present)], dtype=torch.float32)  # as it was recorded
    losses = torch.as_tensor(at.losses[present], dtype=torch.float32)
    names = [history.tasks[i] for i in present]
    return compare(G, losses, names, also={THIS_RUN: at.weights[present].tolist()})
