"""A table of one's own."""
# ruff: noqa: RUF012 (a component copies the defaults of its settings)

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import torch
from torch import Tensor

from workbench.component import Field, WorkbenchError, one_of, register
from workbench.files import cache_folder, make_folder
from workbench.problems.base import Problem, Raw
from workbench.problems.column_encoder import ColumnEncoder
from workbench.problems.columns import Column, understand
from workbench.problems.reading import Sheet, from_frame, read
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.regression import Regression

if TYPE_CHECKING:
    import pandas as pd

#: scikit-learn's bundled tables -> the targets taken when none are named
BUNDLED = {
    "diabetes": ["progression", "glucose", "sex"],
    "wine": ["cultivar", "alcohol", "color_intensity"],
    "breast_cancer": ["diagnosis", "mean texture", "mean smoothness"],
    "iris": ["species", "petal width (cm)"],
    "linnerud": ["Weight", "Waist", "Pulse"],
}
#: an integer target with at most so many values, each seen so often on average, is a classification
MOST_CLASSES = 10
ROWS_PER_CLASS = 5
INPUT_WAY_OUT = "correct it, or name it in missing, or the column in categories or drop"


@register("problem", "table", tags=("core",))
class Table(Problem):
    """A table with one target column per task: a file, a DataFrame, or a table that comes with scikit-learn.

    ``path`` is a CSV, TSV or Parquet file (text also gzipped; separator comma, semicolon or tab, taken from the first
    line; UTF-8), a folder with files named train / dev / valid / test, which are then the splits, or one of
    ``diabetes wine breast_cancer iris linnerud``. In Python, ``path`` may be a pandas DataFrame: it is stored as
    Parquet in the workbench's cache, under a name that follows from its content. A first column without a name (row
    numbers, as pandas writes them) is left out.

    A target is a classification if it holds text, truth values or pandas categories, or whole numbers with at most 10
    different values and five rows or more per value on average; else a regression. ``kinds`` overrides this. Classes
    are in numerical order if they are numbers, else in alphabetical order.

    All columns but the targets, ``drop`` and ``group`` are inputs, also where only some of the tasks are chosen. They
    make the view ``table``. A column counts as numbers if more than half of its values are; then every other value must
    be a number too. Numbers are standardised, gaps filled with the median and marked by a 0/1 column of their own; text
    and ``categories`` are one-hot encoded, at most 64 columns each. All of that is learned from the training rows. Rows
    without a target stay: the loss of that task leaves them out.

    The example ``diabetes`` (442 patients) asks for the disease's progression after a year, blood sugar and sex, given
    age, body mass index, blood pressure and five other blood values.
    """

    gives = ("vector",)

    path: Annotated[str, Field(description="file, folder, or the name of one of scikit-learn's tables")] = "diabetes"
    targets: Annotated[
        list[str], Field(description="target columns, one task each; empty: those set for a scikit-learn table")
    ] = []
    kinds: Annotated[
        dict[str, Literal["classification", "regression"]], Field(description="target -> kind, where it is misjudged")
    ] = {}
    drop: Annotated[list[str], Field(description="columns left out")] = []
    categories: Annotated[list[str], Field(description="input columns whose numbers are codes, not amounts")] = []
    missing: Annotated[list[str], Field(description="texts that mean: no value (an empty cell always does)")] = [
        "?",
        "NA",
        "N/A",
        "nan",
        "NaN",
        "null",
        "NULL",
    ]
    group: Annotated[str | None, Field(description="column whose equal values stay in one split; no input")] = None
    columns: Annotated[list[str], Field(description="column names of a text file that has no header line")] = []

    def load(self, seed: int) -> Raw:
        sheet = self._sheet()
        targets = self.task_names()
        self._check_names(sheet, targets)
        faults: list[str] = []
        raw_targets: dict[str, Tensor] = {}
        tasks: list[Task] = []
        for name in targets:
            try:
                task, values = self._target(sheet, name)
                tasks.append(task)
                raw_targets[name] = values
            except WorkbenchError as error:
                faults += error.faults
        inputs: dict[str, Column] = {}
        for name in sheet.frame.columns:
            if name in targets or name in self.drop or name == self.group:
                continue
            coded = name in self.categories or sheet.categorical(name)
            try:
                column = understand(sheet, name, self.missing, "codes" if coded else None, INPUT_WAY_OUT)
                inputs[name] = Column(column.as_text(), False) if coded else column
            except WorkbenchError as error:
                faults += error.faults
        groups = None
        if self.group is not None:
            try:
                groups = self._groups(sheet, self.group)
            except WorkbenchError as error:
                faults += error.faults
        if faults:
            raise WorkbenchError(*faults)
        if not inputs:
            raise WorkbenchError(f"{sheet.name}: no input column is left beside targets, drop and group.")
        fixed = {split: torch.from_numpy(rows) for split, rows in sheet.fixed.items()}
        return Raw({"table": ColumnEncoder(inputs)}, {"table": "vector"}, raw_targets, tasks, fixed, groups)

    def task_names(self) -> list[str]:
        if self.targets:
            return list(self.targets)
        if self.path in BUNDLED:
            return list(BUNDLED[self.path])
        raise WorkbenchError(f"Problem 'table' needs the setting 'targets': which columns of {self.path} to predict.")

    @classmethod
    def prepare(cls, settings: dict[str, Any]) -> dict[str, Any]:
        path = settings.get("path")
        if isinstance(path, Path):
            return {**settings, "path": os.fspath(path)}
        if path is None or isinstance(path, str):
            return settings
        import pandas as pd

        if isinstance(path, pd.DataFrame):
            return {**settings, "path": os.fspath(store(path))}
        return settings

    def _sheet(self) -> Sheet:
        if self.path in BUNDLED:
            return from_frame(bundled(self.path), self.path)
        return read(self.path, self.columns)

    def _check_names(self, sheet: Sheet, targets: list[str]) -> None:
        names = list(sheet.frame.columns)
        asked = {
            "targets": targets,
            "drop": self.drop,
            "categories": self.categories,
            "group": [self.group] if self.group is not None else [],
        }
        faults = [
            f"{sheet.name} has no column {name!r} ({setting}): {one_of(name, names)}."
            for setting, wanted in asked.items()
            for name in wanted
            if name not in names
        ]
        faults += [
            f"Problem 'table': kinds names {name!r}, which is no target: {one_of(name, targets)}."
            for name in self.kinds
            if name not in targets
        ]
        faults += [
            f"Problem 'table': {name!r} is a target and named in {setting} too; a target is never an input."
            for setting in ("drop", "categories", "group")
            for name in asked[setting]
            if name in targets
        ]
        twice = sorted({name for name in targets if targets.count(name) > 1})
        if twice:
            faults.append(f"Problem 'table': targets names {', '.join(map(repr, twice))} more than once.")
        if faults:
            raise WorkbenchError(*faults)

    def _target(self, sheet: Sheet, name: str) -> tuple[Task, Tensor]:
        """The task of a target column and its raw targets, NaN where missing."""
        kind = self.kinds.get(name, "classification" if sheet.categorical(name) else None)
        wanted = {"classification": "codes", "regression": "numbers", None: None}[kind]
        way_out = f"correct it, or name it in missing, or set kinds to {{{name!r}: 'classification'}}"
        column = understand(sheet, name, self.missing, wanted, way_out)
        present = column.values[column.present]
        if len(present) == 0:
            raise WorkbenchError(f"{sheet.name}: column {name!r} is a target, but all its values are missing.")
        if kind is None:
            few = len(np.unique(present.astype(str)))
            whole = column.numeric and bool((present == np.round(present)).all())
            by_value = few <= MOST_CLASSES and len(present) >= ROWS_PER_CLASS * few
            kind = "classification" if not column.numeric or (whole and by_value) else "regression"
        if kind == "regression":
            return self._regression(sheet, name, column)
        return self._classification(sheet, name, column)

    def _regression(self, sheet: Sheet, name: str, column: Column) -> tuple[Task, Tensor]:
        present = column.values[column.present]
        if bool((present == present[0]).all()):
            raise WorkbenchError(
                f"{sheet.name}: column {name!r} is {present[0]:g} in every row; a constant cannot be learned."
            )
        return Regression(name), torch.from_numpy(column.values)

    def _classification(self, sheet: Sheet, name: str, column: Column) -> tuple[Task, Tensor]:
        classes, first, codes, counts = np.unique(
            column.values[column.present] if column.numeric else column.values[column.present].astype(str),
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        labels = Column(classes, True).as_text().tolist() if column.numeric else classes.tolist()
        rows = np.flatnonzero(column.present)
        faults = [
            f"{sheet.place(rows[first[number]])}, column {name!r}: class {labels[number]!r} is seen once only; "
            "it needs two rows at least: merge it, leave the row out, or name it in missing."
            for number in np.flatnonzero(counts == 1)[:10]
        ]
        if len(faults) < (counts == 1).sum():
            faults.append(f"… and {(counts == 1).sum() - len(faults)} more classes of column {name!r} seen once only.")
        if len(classes) < 2:
            faults.append(
                f"{sheet.name}: column {name!r} holds one class only, {labels[0]!r}; there is nothing to tell."
            )
        if faults:
            raise WorkbenchError(*faults)
        values = np.full(len(column.values), np.nan)
        values[rows] = codes.reshape(-1)
        return Classification(name, labels), torch.from_numpy(values)

    def _groups(self, sheet: Sheet, name: str) -> Tensor:
        column = understand(sheet, name, self.missing, "codes", "")
        if not column.present.all():
            row = int(np.flatnonzero(~column.present)[0])
            raise WorkbenchError(f"{sheet.place(row)}, column {name!r}: the group is missing; every row needs one.")
        values = column.values if column.numeric else column.values.astype(str)
        return torch.from_numpy(np.unique(values, return_inverse=True)[1].reshape(-1))


def bundled(name: str) -> "pd.DataFrame":
    """One of scikit-learn's bundled tables, in its own units, with readable names."""
    from sklearn import datasets

    if name == "diabetes":
        frame = datasets.load_diabetes(as_frame=True, scaled=False).frame
        return frame.rename(columns={"target": "progression", "s6": "glucose"})
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    renamed = {"wine": "cultivar", "breast_cancer": "diagnosis", "iris": "species"}.get(name)
    frame = bunch.frame.copy()
    if renamed:
        frame[renamed] = [str(bunch.target_names[number]) for number in frame.pop("target")]
    return frame


def store(frame: "pd.DataFrame") -> Path:
    """Keep a DataFrame as Parquet in the cache, under a name that follows from its content.

    Raises:
        WorkbenchError: duplicate column names, a column that Parquet cannot hold, or a cache that cannot be written.
    """
    import io

    frame = frame.rename(columns=str).reset_index(drop=True)
    twice = sorted(set(frame.columns[frame.columns.duplicated()]))
    if twice:
        raise WorkbenchError(f"The DataFrame has more than one column named {', '.join(map(repr, twice))}.")
    for name in frame.select_dtypes("category"):  # Parquet would forget that numbers were categories
        frame[name] = frame[name].cat.rename_categories(str)
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False)
    except (ValueError, TypeError) as error:
        raise WorkbenchError(
            f"The DataFrame cannot be stored as Parquet: {'; '.join(map(str, error.args))}; give each column one type."
        ) from error
    content = buffer.getvalue()
    folder = make_folder(cache_folder() / "tables")
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    if not path.exists():
        try:
            with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
                file.write(content)
            os.replace(file.name, path)
        except OSError as error:
            raise WorkbenchError(f"The table cannot be kept in {folder}: {error.strerror or error}.") from error
    return path
