"""Columns that say something about a row itself: its group, its weight."""

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.problems.columns import understand
from workbench.problems.faults import shortened
from workbench.problems.reading import Sheet


def group_column(sheet: Sheet, name: str, missing: list[str]) -> Tensor:
    """A number per row, equal for equal values.

    Raises:
        WorkbenchError: a row without a group.
    """
    column = understand(sheet, name, missing, "codes", "")
    if not column.present.all():
        row = int(np.flatnonzero(~column.present)[0])
        raise WorkbenchError(f"{sheet.place(row)}, column {name!r}: the group is missing; every row needs one.")
    values = column.values if column.numeric else column.values.astype(str)
    return torch.from_numpy(np.unique(values, return_inverse=True)[1].reshape(-1))


def weight_column(sheet: Sheet, name: str, missing: list[str]) -> Tensor:
    """A weight per row, brought to the mean 1: float32 ``[rows]``.

    Raises:
        WorkbenchError: weights that are missing, negative or no numbers, or all 0.
    """
    column = understand(sheet, name, missing, "numbers", "a sample weight is a number of at least 0")
    bad = np.flatnonzero(~(column.values >= 0)).tolist()
    if bad:
        faults = (
            f"{sheet.place(row)}, column {name!r}: the sample weight is "
            f"{f'{column.values[row]:g}' if column.present[row] else 'missing'}; every row needs one of at least 0."
            for row in bad
        )
        raise WorkbenchError(*shortened(faults, len(bad), f"such weights in column {name!r}"))
    if not column.values.any():
        raise WorkbenchError(f"{sheet.name}: the sample weights in column {name!r} are all 0; one at least must count.")
    return torch.from_numpy((column.values / column.values.mean()).astype(np.float32))
