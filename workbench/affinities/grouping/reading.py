"""Tables of measured results, from files and DataFrames."""

import csv
from collections.abc import Sequence
from math import isinf, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.affinities.grouping.check import faults, named_direction, repeated
from workbench.component import WorkbenchError

if TYPE_CHECKING:
    import pandas as pd

BUNDLED = {"validation": "results.txt", "test": "results_test.txt"}
#: of five Taskonomy tasks, in the order of the paper
LETTERS = ("s", "d", "n", "k", "E")
#: columns that are no tasks
COST, NETWORK = "cost", "network"


def read(source: "str | Path | pd.DataFrame", lower_is_better: bool) -> dict[str, Any]:
    """What ``Measured`` takes, from a CSV file or a DataFrame.

    Raises:
        WorkbenchError: everything that is wrong.
    """
    named_direction(lower_is_better)
    if isinstance(source, str | Path):
        title, (header, *rows), places = _file(Path(source))
    else:
        title, header, rows = "The DataFrame", [str(name) for name in source.columns], source.to_numpy().tolist()
        places = [f"The DataFrame, row {label!r}" for label in source.index]
    names = [name for name in header if name not in (COST, NETWORK)]
    found = [f"{title} has more than one column named {name!r}." for name in repeated(header)]
    if names and all(_is_number(name) for name in names):
        found.append(
            f"{title}: the first row holds numbers where it should name the tasks (result files of Taskonomy have no "
            "such row: Measured.taskonomy(path))."
        )
    elif any(not name for name in names):
        found.append(f"{title} has a column without a name.")
    short = [
        f"{place}: {len(row)} cells under a header of {len(header)}."
        for place, row in zip(places, rows, strict=True)
        if len(row) != len(header)
    ]
    if found or short:
        raise WorkbenchError(*found, *short)
    columns = [name for name in header if name != NETWORK]
    numbers = _numbers(
        [[cell for cell, n in zip(row, header, strict=True) if n != NETWORK] for row in rows], columns, places
    )
    table = dict(zip(columns, numbers.T, strict=True))
    values = np.stack([table[name] for name in names], axis=1) if names else np.empty((len(rows), 0))
    costs = table.get(COST, np.ones(len(rows)))
    found = faults(names, values, costs, places, title)
    if found:
        raise WorkbenchError(*found)
    labels = [str(row[header.index(NETWORK)]) for row in rows] if NETWORK in header else None
    return {"names": names, "values": values, "lower_is_better": lower_is_better, "costs": costs, "labels": labels}


def taskonomy(split: str | Path) -> dict[str, Any]:
    """What ``Measured`` takes, from a result file of Taskonomy.

    Raises:
        WorkbenchError: everything that is wrong.
    """
    bundled = BUNDLED.get(str(split))
    path = Path(__file__).parent / "taskonomy" / bundled if bundled else Path(split)
    title, rows, places = _file(path, "\t")
    places = [f"{title}, row 1", *places]
    K = len(LETTERS)
    if len(rows) != 2**K or any(len(row) != K for row in rows) or not all(rows[0]):
        raise WorkbenchError(
            f"{title} has not the layout of a Taskonomy result file: {2**K} rows of {K} tab-separated cells, the first "
            "without an empty one."
        )
    numbers = _numbers(rows, LETTERS, places)
    halves = np.where(np.eye(K, dtype=bool), numbers[0], np.nan)
    values = np.concatenate([halves, numbers[1:]])
    costs = np.repeat([0.5, 1.0], [K, len(rows) - 1])
    found = faults(LETTERS, values, costs, [places[0]] * K + places[1:], title)
    if found:
        raise WorkbenchError(*found)
    labels = [
        " + ".join(np.array(LETTERS)[~np.isnan(row)]) + (", half size" if i < K else "") for i, row in enumerate(values)
    ]
    return {"names": LETTERS, "values": values, "lower_is_better": True, "costs": costs, "labels": labels}


def _file(path: Path, separator: str | None = None) -> tuple[str, list[list[str]], list[str]]:
    """Name of the file, its rows that are not blank, and where those after the first stand."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise WorkbenchError(f"The table {str(path)!r} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise WorkbenchError(f"The table {str(path)!r} is not text in UTF-8.") from error
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=separator or max(",;\t", key=first.count))
    rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise WorkbenchError(f"The table {str(path)!r} is empty.")
    return path.name, [row for _, row in rows], [f"{path.name}, row {line}" for line, _ in rows[1:]]


def _numbers(rows: Sequence[Sequence[Any]], columns: Sequence[str], places: Sequence[str]) -> np.ndarray:
    """The cells as numbers, ``[n, columns]``, NaN where a cell is empty.

    Raises:
        WorkbenchError: every cell that is neither, and every cost that is missing.
    """
    values, found = np.full((len(rows), len(columns)), np.nan), []
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            empty = cell is None or cell == "" or (isinstance(cell, float) and isnan(cell))
            if empty and columns[j] == COST:
                found.append(f"{places[i]}, column {COST!r}: every network has a cost.")
            elif not empty and not _is_number(cell):
                comma = ": write a point for its comma" if isinstance(cell, str) and "," in cell else ""
                found.append(f"{places[i]}, column {columns[j]!r}: {cell!r} is not a finite number{comma}.")
            elif not empty:
                values[i, j] = float(cell)
    if found:
        raise WorkbenchError(*found)
    return values


def _is_number(cell: Any) -> bool:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return False
    return not (isinf(number) or isnan(number) or isinstance(cell, bool))
