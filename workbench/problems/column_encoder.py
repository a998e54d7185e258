"""Table columns as numbers for a network, everything learned from training rows."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.problems.columns import Column

#: a column of categories gets at most so many one-hot columns; the rarer ones share one of them
MOST_CATEGORIES = 64
MISSING = "(missing)"


class ColumnEncoder:
    """The inputs of a table as one vector per row.

    Numbers: gaps filled with the training median, standardised, and a 0/1 column for every column that has gaps in the
    training rows. Categories: one-hot; a gap is a category of its own, at most 64 columns each (the rarest
    categories share one), and a category that is in no training row counts as rare, or as none.

    Args:
        columns: name -> column, all of the same length.
    """

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns
        self._of_numbers: list[Any] = []
        self._of_categories: list[Any] = []

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).values)

    def __call__(self, train: Tensor) -> Tensor:
        """All rows, encoded by what the training rows teach: float32 ``[rows, columns]``."""
        from sklearn.impute import MissingIndicator, SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        rows = train.numpy()
        numbers, categories = _parts(self.columns)
        if numbers.shape[1]:
            scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
            gaps = MissingIndicator(features="missing-only", error_on_new=False)
            self._of_numbers = [step.fit(numbers[rows]) for step in (scale, gaps)]
        if categories.shape[1]:
            hot = OneHotEncoder(
                handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
            )
            self._of_categories = [hot.fit(categories[rows])]
        return self.encode(self.columns)

    def encode(self, columns: dict[str, Column]) -> Tensor:
        """Other rows of the same columns, by what the training rows have taught: float32 ``[rows, columns]``."""
        numbers, categories = _parts({name: columns[name] for name in self.columns})
        parts = [step.transform(numbers) for step in self._of_numbers]
        parts += [step.transform(categories) for step in self._of_categories]
        return torch.from_numpy(np.hstack(parts).astype(np.float32))


def _parts(columns: dict[str, Column]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers ``float64[rows, …]`` and categories ``object[rows, …]``."""
    numeric = [column.values for column in columns.values() if column.numeric]
    texts = [np.where(c.present, c.values, MISSING) for c in columns.values() if not c.numeric]
    rows = len(next(iter(columns.values())).values)
    return (
        np.stack(numeric, axis=1) if numeric else np.empty((rows, 0)),
        np.stack(texts, axis=1) if texts else np.empty((rows, 0), dtype=object),
    )
