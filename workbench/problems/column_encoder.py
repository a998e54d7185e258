"""Table columns as numbers for a network, everything learned from training rows."""

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
        numeric = [column.values for column in columns.values() if column.numeric]
        texts = [np.where(c.present, c.values, MISSING) for c in columns.values() if not c.numeric]
        rows = len(next(iter(columns.values())).values)
        self.numbers = np.stack(numeric, axis=1) if numeric else np.empty((rows, 0))
        self.categories = np.stack(texts, axis=1) if texts else np.empty((rows, 0), dtype=object)

    def __len__(self) -> int:
        return len(self.numbers)

    def __call__(self, train: Tensor) -> Tensor:
        """All rows, encoded by what the training rows teach: float32 ``[rows, columns]``."""
        from sklearn.impute import MissingIndicator, SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        rows = train.numpy()
        parts = []
        if self.numbers.shape[1]:
            scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
            gaps = MissingIndicator(features="missing-only", error_on_new=False)
            parts += [step.fit(self.numbers[rows]).transform(self.numbers) for step in (scale, gaps)]
        if self.categories.shape[1]:
            hot = OneHotEncoder(
                handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
            )
            parts.append(hot.fit(self.categories[rows]).transform(self.categories))
        return torch.from_numpy(np.hstack(parts).astype(np.float32))
