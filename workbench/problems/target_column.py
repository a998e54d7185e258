"""A target column as a task."""

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.problems.columns import Column, understand
from workbench.problems.faults import shortened
from workbench.problems.reading import Sheet
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.regression import Regression

#: an integer target with at most so many values, each seen so often on average, is a classification
MOST_CLASSES = 10
ROWS_PER_CLASS = 5


def target_column(sheet: Sheet, name: str, missing: list[str], kind: str | None) -> tuple[Task, Tensor]:
    """The task of a target column and its raw targets, NaN where missing.

    Args:
        sheet: the table.
        name: the column.
        missing: texts that mean "no value".
        kind: ``"classification"``, ``"regression"``, or None to infer.

    Raises:
        WorkbenchError: values that cannot be read, no value at all, a constant, a class seen once.
    """
    if kind is None and sheet.categorical(name):
        kind = "classification"
    wanted = {"classification": "codes", "regression": "numbers", None: None}[kind]
    way_out = f"correct it, or name it in missing, or set kinds to {{{name!r}: 'classification'}}"
    column = understand(sheet, name, missing, wanted, way_out)
    present = column.values[column.present]
    if len(present) == 0:
        raise WorkbenchError(f"{sheet.name}: column {name!r} is a target, but all its values are missing.")
    if kind is None:
        few = len(np.unique(present.astype(str)))
        whole = column.numeric and bool((present == np.round(present)).all())
        by_value = few <= MOST_CLASSES and len(present) >= ROWS_PER_CLASS * few
        kind = "classification" if not column.numeric or (whole and by_value) else "regression"
    return _regression(sheet, name, column) if kind == "regression" else _classification(sheet, name, column)


def _regression(sheet: Sheet, name: str, column: Column) -> tuple[Task, Tensor]:
    present = column.values[column.present]
    if bool((present == present[0]).all()):
        raise WorkbenchError(
            f"{sheet.name}: column {name!r} is {present[0]:g} in every row; a constant cannot be learned."
        )
    return Regression(name), torch.from_numpy(column.values)


def _classification(sheet: Sheet, name: str, column: Column) -> tuple[Task, Tensor]:
    classes, first, codes, counts = np.unique(
        column.values[column.present] if column.numeric else column.values[column.present].astype(str),
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    labels = Column(classes, True).as_text().tolist() if column.numeric else classes.tolist()
    rows = np.flatnonzero(column.present)
    once = np.flatnonzero(counts == 1)
    seen = (
        f"{sheet.place(rows[first[number]])}, column {name!r}: class {labels[number]!r} is seen once only; "
        "it needs two rows at least: merge it, leave the row out, or name it in missing."
        for number in once
    )
    faults = shortened(seen, len(once), f"classes of column {name!r} seen once only")
    if len(classes) < 2:
        faults.append(f"{sheet.name}: column {name!r} holds one class only, {labels[0]!r}; there is nothing to tell.")
    if faults:
        raise WorkbenchError(*faults)
    values = np.full(len(column.values), np.nan)
    values[rows] = codes.reshape(-1)
    return Classification(name, labels), torch.from_numpy(values)
