"""Tables from files: text or typed columns, each row with its place in the file."""

import csv
import difflib
import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.component import WorkbenchError, one_of
from workbench.files import data_folder
from workbench.problems.faults import shortened
from workbench.problems.split_files import by_split, split_named

if TYPE_CHECKING:
    import pandas as pd

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".data", ".gz")
TABLE_ENDINGS = (".parquet", *TEXT_ENDINGS)


@dataclass
class Sheet:
    """A table as read.

    Attributes:
        frame: one column per column; text for text files, whatever was stored for others.
        name: the file or folder, for error sentences.
        files: the file of each part, in order.
        part: which file each row is from.
        number: each row's number in its file as a person counts it: the first line is row 1.
        fixed: ``val`` / ``test`` -> rows that came from a file of that name.
        source: which of several tables each row is from, where they were put together.
    """

    frame: "pd.DataFrame"
    name: str
    files: list[str]
    part: np.ndarray
    number: np.ndarray
    fixed: dict[str, np.ndarray]
    source: np.ndarray | None = None

    def place(self, row: int) -> str:
        """Where a row stands, in words."""
        return f"{self.files[self.part[row]]}, row {self.number[row]}"

    def categorical(self, name: str) -> bool:
        """Whether a column was stored as pandas categories."""
        import pandas as pd

        return isinstance(self.frame[name].dtype, pd.CategoricalDtype)


def read(path: str, names: list[str]) -> Sheet:
    """A table from a file, or from a folder with files named train / dev / valid / test.

    Args:
        path: CSV, TSV or Parquet, text files also gzipped; looked up in the working folder, then in the data folder.
        names: the column names of a text file without a header line; empty where it has one.

    Raises:
        WorkbenchError: what cannot be read, with file and row.
    """
    found = locate(Path(path).expanduser())
    if not found.is_dir():
        frame, numbers = _read_file(found, names)
        rows = len(frame)
        return Sheet(frame, str(found), [found.name], np.zeros(rows, dtype=int), numbers, {})
    return _read_folder(found, names)


def from_frame(frame: "pd.DataFrame", name: str) -> Sheet:
    """A table that is in memory; rows are counted from 1."""
    rows = len(frame)
    return Sheet(frame, name, [name], np.zeros(rows, dtype=int), np.arange(1, rows + 1), {})


def locate(path: Path) -> Path:
    """A file or folder, looked up in the working folder, then in the data folder.

    Raises:
        WorkbenchError: there is none; with its nearest neighbours.
    """
    places = [path] if path.is_absolute() else [path, data_folder() / path]
    for place in places:
        if place.exists():
            return place
    folder = path.parent
    if not folder.is_dir():
        raise WorkbenchError(f"There is no file {path}, and no folder {folder}.")
    there = sorted(item.name for item in folder.iterdir() if item.is_dir() or item.name.endswith(TABLE_ENDINGS))
    there.sort(key=lambda name: -difflib.SequenceMatcher(None, path.name, name).ratio())
    nearest = f"nearest there: {', '.join(there[:3])}" if there else "the folder has no table"
    raise WorkbenchError(f"There is no file {path.name!r} in {folder.resolve()}; {nearest}.")


def _read_folder(folder: Path, names: list[str]) -> Sheet:
    import pandas as pd

    there = [item for item in sorted(folder.iterdir()) if item.is_file() and item.name.endswith(TABLE_ENDINGS)]
    found = by_split(there, lambda item: split_named(item.name.split(".")[0]))
    if "train" not in found:
        raise WorkbenchError(f"{folder} is a folder without a file named train (.csv, .tsv, .parquet …).")
    frames: list[pd.DataFrame] = []
    numbers, parts, fixed, start = [], [], {}, 0
    for position, (split, path) in enumerate(found.items()):
        frame, number = _read_file(path, names)
        if frames and set(frame.columns) != set(frames[0].columns):
            differ = sorted(set(frame.columns) ^ set(frames[0].columns))
            raise WorkbenchError(
                f"{folder}: {path.name} and {found['train'].name} differ in the columns {', '.join(differ)}."
            )
        if split != "train":
            fixed[split] = np.arange(start, start + len(frame))
        frames.append(frame)
        numbers.append(number)
        parts.append(np.full(len(frame), position))
        start += len(frame)
    joined = pd.concat(frames, ignore_index=True)
    files = [path.name for path in found.values()]
    return Sheet(joined, str(folder), files, np.concatenate(parts), np.concatenate(numbers), fixed)


def _read_file(path: Path, names: list[str]) -> tuple["pd.DataFrame", np.ndarray]:
    if path.suffix == ".parquet":
        frame, numbers = _read_parquet(path)
    elif path.suffix in TEXT_ENDINGS:
        frame, numbers = _read_text(path, names)
    else:
        raise WorkbenchError(f"{path} cannot be read as a table: {one_of(path.suffix, TABLE_ENDINGS)}.")
    if len(frame) == 0:
        raise WorkbenchError(f"{path} is an empty table: it has no rows.")
    return frame, numbers


def _read_parquet(path: Path) -> tuple["pd.DataFrame", np.ndarray]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise WorkbenchError(f"{path} is no readable Parquet file: {str(error).splitlines()[0]}") from error
    frame.columns = [str(name) for name in frame.columns]
    _check_names(path, list(frame.columns))
    return frame, np.arange(1, len(frame) + 1)


def _read_text(path: Path, names: list[str]) -> tuple["pd.DataFrame", np.ndarray]:
    """Every cell as text, with the row numbers; blank lines are left out but counted."""
    import pandas as pd

    text = text_of(path)
    separator = "\t" if ".tsv" in path.suffixes else max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    header, rows, numbers, faults = list(names), [], [], []
    number = 0
    try:
        for number, fields in enumerate(reader, start=1):
            if not fields or (len(fields) == 1 and not fields[0].strip()):
                if len(header) == 1 and fields:
                    rows.append(fields)
                    numbers.append(number)
            elif not header:
                header = [name.strip() for name in fields]
            elif len(fields) != len(header):
                faults.append(
                    f"{path.name}, row {number}: {len(fields)} fields, but there are {len(header)} columns "
                    f"(separator {separator!r})."
                )
            else:
                rows.append(fields)
                numbers.append(number)
    except csv.Error as error:
        raise WorkbenchError(f"{path.name}, row {number + 1}: {error}.") from error
    if not header:
        raise WorkbenchError(f"{path} is empty.")
    if faults:
        raise WorkbenchError(*shortened(faults, len(faults), "such rows"))
    unnamed_first = header[0] == ""
    header = header[unnamed_first:]
    _check_names(path, header)
    columns: list[Any] = list(zip(*rows, strict=True))[unnamed_first:] if rows else [()] * len(header)
    return pd.DataFrame(dict(zip(header, columns, strict=True)), dtype=object), np.array(numbers, dtype=int)


def text_of(path: Path) -> str:
    """The text of a file, gzipped or not.

    Raises:
        WorkbenchError: it cannot be read, or is no UTF-8.
    """
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        raise WorkbenchError(f"{path}, row {row} is no UTF-8 text; save the file with the encoding UTF-8.") from error
    except (OSError, EOFError) as error:
        raise WorkbenchError(f"{path} cannot be read: {error}.") from error


def _check_names(path: Path, names: list[str]) -> None:
    faults = [f"{path}: column {place} has no name." for place, name in enumerate(names, start=1) if not name]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        faults.append(f"{path}: more than one column is named {', '.join(map(repr, twice))}; names must differ.")
    if faults:
        raise WorkbenchError(*faults)
