"""A table's columns, understood as numbers or as text."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workbench.component import WorkbenchError
from workbench.problems.faults import shortened
from workbench.problems.reading import Sheet

#: larger numbers overflow when they are squared
LARGEST = 1e30


@dataclass
class Column:
    """A column as understood.

    Attributes:
        values: ``float64[rows]`` with NaN where missing if numeric, else ``str`` objects with None where missing.
        numeric: which of the two.
    """

    values: np.ndarray
    numeric: bool

    @property
    def present(self) -> np.ndarray:
        """Which rows have a value, ``bool[rows]``."""
        if self.numeric:
            return ~np.isnan(self.values)
        return np.array([value is not None for value in self.values], dtype=bool)

    def as_text(self) -> np.ndarray:
        """Values as text, None where missing; whole numbers without a decimal point."""
        if not self.numeric:
            return self.values
        text = [None if np.isnan(v) else str(int(v)) if v.is_integer() else repr(v) for v in self.values.tolist()]
        return np.array(text, dtype=object)


def understand(sheet: Sheet, name: str, missing: Iterable[str], kind: str | None, way_out: str) -> Column:
    """A column as numbers or as text.

    Args:
        sheet: the table.
        name: the column.
        missing: texts that mean "no value"; an empty cell always does.
        kind: ``"numbers"``; ``"codes"``: numbers only where every present value is one, else text; ``"text"``; or None
            to infer: numbers where more than half of the present values are some.
        way_out: end of the sentence about a value that is no number.

    Raises:
        WorkbenchError: every value that is no finite number in a column of numbers, with file, row and column.
    """
    import pandas as pd

    series = sheet.frame[name]
    gaps = {text.strip() for text in missing} | {""}
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        raise WorkbenchError(f"{sheet.name}: column {name!r} holds dates; name it in drop, or store numbers or text.")
    typed = pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)
    if typed:
        values = series.to_numpy(dtype=np.float64, na_value=np.nan).copy()
        values[np.isin(values, [float(text) for text in gaps if _is_number(text)])] = np.nan
        texts, empty = values.astype(object), np.isnan(values)
    else:
        empty = series.isna().to_numpy()
        texts = np.array([None if gap else str(v).strip() for v, gap in zip(series, empty, strict=True)], dtype=object)
        empty = empty | np.array([text in gaps for text in texts], dtype=bool)
        texts[empty] = None
        values = np.full(len(texts), np.nan)
        values[~empty] = _numbers(texts[~empty])
    if kind == "text":
        return Column(Column(values, True).as_text() if typed else texts, False)
    parsed = ~np.isnan(values)
    if kind == "codes":
        return Column(values, True) if bool((parsed == ~empty).all()) else Column(texts, False)
    if kind is None and 2 * parsed.sum() <= (~empty).sum() and not empty.all():
        _refuse_decimal_commas(sheet, name, texts[~empty])
        return Column(texts, False)
    bad = np.flatnonzero((~empty & ~parsed) | (np.abs(values) > LARGEST))
    if len(bad):
        faults = (
            f"{sheet.place(row)}, column {name!r}: {texts[row]!r} is no number between -1e30 and 1e30; {way_out}."
            for row in bad.tolist()
        )
        raise WorkbenchError(*shortened(faults, len(bad), f"such values in column {name!r}"))
    return Column(values, True)


def _numbers(texts: np.ndarray) -> np.ndarray:
    """float64, NaN for what is no number."""
    return np.array([float(text) if _is_number(text) else np.nan for text in texts.tolist()], dtype=np.float64)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text  # Python's own way to write a number, nobody else's


def _refuse_decimal_commas(sheet: Sheet, name: str, texts: np.ndarray) -> None:
    with_point = [str(text).replace(",", ".", 1) for text in texts.tolist() if "," in str(text)]
    if 2 * sum(map(_is_number, with_point)) > len(texts):
        raise WorkbenchError(
            f"{sheet.name}: column {name!r} holds numbers with a decimal comma, such as {texts[0]!r}; "
            "write them with a point."
        )
