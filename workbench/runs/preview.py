"""What a sampling will show of every data set and task, before anything is trained."""

from typing import TYPE_CHECKING

import torch

from workbench.spec import Spec
from workbench.training.experiment import epoch_generator, load, pool_of

if TYPE_CHECKING:
    import pandas as pd

#: epochs that are looked at, at most
EPOCHS = 10


def preview(spec: Spec) -> "pd.DataFrame":
    """How much an epoch will show of each data set and each task: a table, without training.

    The mean over the first epochs (ten at most). What a policy learns while it trains (``by_loss``, ``hard_example``)
    is not known yet: it is shown as it begins.

    Args:
        spec: what would be trained.

    Returns:
        one row per data set (where several were put together) and per task: ``what`` (``"data set"`` or ``"task"``),
        ``name``, ``rows`` (its training examples; of a task those with a label), ``seen`` (of them, per epoch),
        ``batches`` (per epoch, with one of them at least), ``passes`` (``seen / rows``: how often an epoch goes through
        them) and ``passes_in_run``.

    Raises:
        WorkbenchError: as training would.
    """
    import pandas as pd

    pool = pool_of(load(spec, spec.build("encoder")), spec.batch_size)
    sampling = spec.build("sampling")
    sampling.begin(pool)
    groups = {("task", task): there for task, there in pool.labelled.items()}
    if pool.sources is not None:
        sets = {("data set", name): pool.sources == i for i, name in enumerate(pool.source_names)}
        groups = {**sets, **groups}
    place = torch.zeros(int(pool.rows.max()) + 1, dtype=torch.int64)
    place[pool.rows] = torch.arange(len(pool))
    epochs = [
        [place[batch] for batch in sampling.order(pool, epoch_generator(spec.seed, epoch)).split(pool.batch_size)]
        for epoch in range(min(spec.epochs, EPOCHS))
    ]
    found = []
    for (what, name), there in groups.items():
        counts = [[int(there[batch].sum()) for batch in epoch] for epoch in epochs]
        rows, seen = int(there.sum()), sum(map(sum, counts)) / len(epochs)
        batches = sum(count > 0 for epoch in counts for count in epoch) / len(epochs)
        passes = seen / rows if rows else float("nan")
        found.append((what, name, rows, seen, batches, passes, passes * spec.epochs))
    return pd.DataFrame(found, columns=["what", "name", "rows", "seen", "batches", "passes", "passes_in_run"])
