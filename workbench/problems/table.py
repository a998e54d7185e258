"""A table of one's own."""
# ruff: noqa: RUF012 (a component copies the defaults of its settings)

import os
from pathlib import Path
from typing import Annotated, Any

import torch
from torch import Tensor

from workbench.component import Field, WorkbenchError, one_of, register
from workbench.problems.base import Problem, Raw
from workbench.problems.frames import BUNDLED, bundled, store
from workbench.problems.merging import together
from workbench.problems.reading import Sheet, from_frame, read
from workbench.problems.row_columns import group_column, weight_column
from workbench.problems.table_settings import NO_VALUE, Columns, Kinds, Missing
from workbench.problems.table_view import TableView
from workbench.problems.target_column import target_column
from workbench.tasks.base import Task


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

    All columns but the targets, ``drop``, ``group`` and ``sample_weight`` are inputs, also where only some of the tasks
    are chosen. They make the view ``table``. A column counts as numbers if more than half of its values are; then
    every other value must be a number too. Numbers are standardised, gaps filled with the median and marked by a 0/1
    column of their own; text and ``categories`` are one-hot encoded, at most 64 columns each. All of that is learned
    from the training rows. Rows without a target stay: the loss of that task leaves them out.

    ``merge`` names further tables whose rows are added (in Python, ``path`` may be a list). Columns are matched by
    name; what a table lacks is missing in its rows. So tables with targets of their own make tasks with data sets of
    their own, and a ``sampling`` can choose between the tables.

    ``sample_weight`` says how much each row counts in the training losses; metrics, and the losses on validation and
    test rows, count all rows alike.

    The example ``diabetes`` (442 patients) asks for the disease's progression after a year, blood sugar and sex, given
    age, body mass index, blood pressure and five other blood values.
    """

    gives = ("vector",)

    path: Annotated[str, Field(description="file, folder, or the name of one of scikit-learn's tables")] = "diabetes"
    merge: Annotated[list[str], Field(description="further files or folders whose rows are added")] = []
    targets: Annotated[
        list[str], Field(description="target columns, one task each; empty: those set for a scikit-learn table")
    ] = []
    kinds: Kinds = {}
    drop: Annotated[list[str], Field(description="columns left out")] = []
    categories: Annotated[list[str], Field(description="input columns whose numbers are codes, not amounts")] = []
    missing: Missing = NO_VALUE
    group: Annotated[str | None, Field(description="column whose equal values stay in one split; no input")] = None
    sample_weight: Annotated[
        str | None, Field(description="column that says how much a row counts in training; no input")
    ] = None
    columns: Columns = []

    def load(self, seed: int) -> Raw:
        return self.raw(self._sheet(), self.task_names())

    def raw(self, sheet: Sheet, targets: list[str]) -> Raw:
        """The problem that a table makes.

        Raises:
            WorkbenchError: every fault of it, with file, row and column.
        """
        self._check_names(sheet, targets)
        faults: list[str] = []
        found: dict[str, Tensor] = {}
        tasks: list[Task] = []
        for name in targets:
            try:
                task, found[name] = target_column(sheet, name, self.missing, self.kinds.get(name))
                tasks.append(task)
            except WorkbenchError as error:
                faults += error.faults
        special = {*targets, *self.drop, self.group, self.sample_weight}
        inputs = [name for name in sheet.frame.columns if name not in special]
        groups = weights = view = None
        try:
            view = TableView(sheet, inputs, self.categories, self.missing)
        except WorkbenchError as error:
            faults += error.faults
        try:
            groups = group_column(sheet, self.group, self.missing) if self.group is not None else None
            if self.sample_weight is not None:
                weights = weight_column(sheet, self.sample_weight, self.missing)
        except WorkbenchError as error:
            faults += error.faults
        if not inputs:
            faults.append(f"{sheet.name}: no input column is left beside targets, drop, group and sample_weight.")
        if faults or view is None:
            raise WorkbenchError(*faults)
        return Raw(
            {"table": view},
            {"table": "vector"},
            found,
            tasks,
            {split: torch.from_numpy(rows) for split, rows in sheet.fixed.items()},
            groups,
            None if sheet.source is None else torch.from_numpy(sheet.source),
            weights,
            source_names=_distinct([self.path, *self.merge]),
        )

    def task_names(self) -> list[str]:
        if self.targets:
            return list(self.targets)
        paths = [self.path, *self.merge]
        if all(path in BUNDLED for path in paths):
            return list(dict.fromkeys(name for path in paths for name in BUNDLED[path]))
        raise WorkbenchError(f"Problem 'table' needs the setting 'targets': which columns of {self.path} to predict.")

    @classmethod
    def prepare(cls, settings: dict[str, Any]) -> dict[str, Any]:
        found = dict(settings)
        if isinstance(found.get("path"), list | tuple) and found["path"]:
            found["merge"] = [*found["path"][1:], *found.get("merge", [])]
            found["path"] = found["path"][0]
        if "path" in found:
            found["path"] = _stored(found["path"])
        if isinstance(found.get("merge"), list | tuple):
            found["merge"] = [_stored(path) for path in found["merge"]]
        return found

    def _sheet(self) -> Sheet:
        return together(
            [
                from_frame(bundled(path), path) if path in BUNDLED else read(path, self.columns)
                for path in (self.path, *self.merge)
            ]
        )

    def _check_names(self, sheet: Sheet, targets: list[str]) -> None:
        names = list(sheet.frame.columns)
        asked = {
            "targets": targets,
            "drop": self.drop,
            "categories": self.categories,
            "group": [self.group] if self.group is not None else [],
            "sample_weight": [self.sample_weight] if self.sample_weight is not None else [],
        }
        faults = [
            f"{sheet.name} has no column {name!r} ({setting}): {one_of(name, names, 'found')}."
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
            for setting in ("drop", "categories", "group", "sample_weight")
            for name in asked[setting]
            if name in targets
        ]
        twice = sorted({name for name in targets if targets.count(name) > 1})
        if twice:
            faults.append(f"Problem 'table': targets names {', '.join(map(repr, twice))} more than once.")
        if faults:
            raise WorkbenchError(*faults)


def _stored(path: Any) -> Any:
    """A path as text; a DataFrame is kept in the cache first."""
    if isinstance(path, Path):
        return os.fspath(path)
    if path is None or isinstance(path, str):
        return path
    import pandas as pd

    return os.fspath(store(path)) if isinstance(path, pd.DataFrame) else path


def _distinct(paths: list[str]) -> list[str]:
    """The names of some tables, numbered where they are the same."""
    names = [Path(path).name for path in paths]
    return [name if names.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(names, start=1)]
