"""The inputs of a table: which columns, how each is read, and how new rows become the same numbers."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from workbench.component import WorkbenchError, one_of, short
from workbench.problems.column_encoder import MOST_CATEGORIES, ColumnEncoder
from workbench.problems.columns import Column, understand
from workbench.problems.reading import Sheet, from_frame

if TYPE_CHECKING:
    import pandas as pd

INPUT_WAY_OUT = "correct it, or name it in missing, or the column in categories or drop"
NEW_ROW_WAY_OUT = "the column held numbers when the model was trained"


class TableView:
    """A table's inputs as one vector per row, learned from training rows.

    Args:
        sheet: the table.
        names: the input columns.
        categories: those whose values are codes, not amounts.
        missing: texts that mean "no value".

    Raises:
        WorkbenchError: every value that cannot be read, with file, row and column.
    """

    def __init__(
        self, sheet: Sheet, names: Collection[str], categories: Collection[str], missing: Collection[str]
    ) -> None:
        self.missing = missing
        self.all_names = list(sheet.frame.columns)
        self.ways: dict[str, str] = {}
        columns: dict[str, Column] = {}
        faults: list[str] = []
        for name in names:
            coded = name in categories or sheet.categorical(name)
            try:
                column = understand(sheet, name, missing, "codes" if coded else None, INPUT_WAY_OUT)
                if not coded and not column.numeric:
                    _refuse_free_text(sheet, name, column)
            except WorkbenchError as error:
                faults += error.faults
                continue
            self.ways[name] = ("codes" if coded else "numbers") if column.numeric else "text"
            columns[name] = Column(column.as_text(), False) if coded else column
        if faults:
            raise WorkbenchError(*faults)
        self.encoder = ColumnEncoder(columns)

    def __len__(self) -> int:
        return len(self.encoder)

    def __call__(self, train: Tensor) -> Tensor:
        """All rows, encoded by what the training rows teach: float32 ``[rows, columns]``."""
        return self.encoder(train)

    def encode(self, frame: "pd.DataFrame") -> Tensor:
        """New rows, encoded as the training rows were: float32 ``[rows, columns]``.

        Columns of the table that are no inputs (targets, say) may be there and are not read. A category that was in no
        training row counts as rare, or as none.

        Raises:
            WorkbenchError: no row, a column that is missing or unknown, a text where numbers were.
        """
        sheet = from_frame(frame.rename(columns=str).reset_index(drop=True), "the DataFrame")
        names = list(sheet.frame.columns)
        faults = [
            f"The DataFrame lacks the column {name!r}: {one_of(name, names, 'found')}."
            for name in self.ways
            if name not in names
        ]
        faults += [
            f"The DataFrame has a column {name!r} the table had not: {one_of(name, self.all_names, 'it had')}."
            for name in names
            if name not in self.all_names
        ]
        if len(set(names)) < len(names):
            faults.append("The DataFrame has more than one column of the same name.")
        if not len(frame):
            faults.append("The DataFrame has no rows; predict needs one at least.")
        columns = {}
        for name, way in {} if faults else self.ways.items():
            try:
                column = understand(sheet, name, self.missing, way, NEW_ROW_WAY_OUT)
                columns[name] = column if way == "numbers" else Column(column.as_text(), False)
            except WorkbenchError as error:
                faults += error.faults
        if faults:
            raise WorkbenchError(*faults)
        return self.encoder.encode(columns)


def _refuse_free_text(sheet: Sheet, name: str, column: Column) -> None:
    """Texts that hardly ever repeat are no categories.

    Raises:
        WorkbenchError: with the first of them.
    """
    rows = np.flatnonzero(column.present).tolist()
    different = len(set(column.values[rows]))
    if different > MOST_CATEGORIES and 2 * different > len(rows):
        raise WorkbenchError(
            f"{sheet.place(rows[0])}, column {name!r}: {short(column.values[rows[0]])} is one of {different} different "
            f"texts in {len(rows)} rows, too many for categories; name the column in drop, or in categories to keep "
            "the most frequent."
        )
