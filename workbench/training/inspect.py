"""What the model shows of itself at each validation: gate values, mixing coefficients, attention."""

from collections.abc import Iterator

import torch

from workbench.training.evaluate import NUMBERS
from workbench.training.records import Inspection
from workbench.training.state import State

#: most validation rows that are looked at
ROWS = 256


def inspect(state: State) -> Iterator[Inspection]:
    """The tables of the model over the first validation rows; fusions without any show none."""
    exp, at = state.exp, state.position
    most = min(ROWS, max(1, NUMBERS // max(1, sum(x[0].numel() for x in exp.data.views.values()))))
    views, _ = exp.data.batch(exp.data.splits["val"][:most].to(exp.device))
    training = exp.model.training
    exp.model.eval()
    with torch.no_grad(), exp.autocast():
        tables = exp.model.inspect(views)
    exp.model.train(training)
    for name, table in tables.items():
        values = table.values.float().cpu().tolist()
        yield Inspection(at.step, at.epoch, name, table.rows, table.columns, tuple(map(tuple, values)))
