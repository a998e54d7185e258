"""Census income: two questions about a person, from the official files."""

from pathlib import Path
from typing import Annotated

import numpy as np

from workbench.component import Field, WorkbenchError, register
from workbench.problems.base import Problem, Raw
from workbench.problems.faults import shortened
from workbench.problems.reading import Sheet, locate, text_of
from workbench.problems.table import Table

#: split -> the official file, which may be gzipped
FILES = {"train": "adult.data", "test": "adult.test"}
COLUMNS = (
    "age workclass fnlwgt education education-num marital-status occupation relationship race sex capital-gain "
    "capital-loss hours-per-week native-country income"
).split()
TASKS = ("income", "never_married")


@register("problem", "census", source="Kohavi, KDD 1996 (UCI 2, Adult); two tasks: Ma et al., KDD 2018", tags=("core",))
class Census(Problem):
    """Census income: does a person earn over 50,000 dollars a year, and has this person never been married?

    The official files of the UCI set Adult (number 2), 32,561 persons to train on and 16,281 to test, an extract of the
    US census of 1994. The view ``table`` holds age, work, education, race, sex, gains, hours and country; ``?`` means
    missing. As in the paper that introduced MMoE, what gives the answers away is no input: ``marital-status`` and
    ``relationship``. The tasks:

    - ``income``: ``<=50K`` or ``>50K``.
    - ``never_married``: ``no`` or ``yes``, from ``marital-status``.

    The column ``fnlwgt`` says how many persons of the population a row stands for; it is the weight of the row in the
    training losses. The persons of ``adult.test`` are the test split.
    """

    gives = ("vector",)

    root: Annotated[str, Field(description="folder with adult.data and adult.test, plain or gzipped")] = "adult"
    sample_weights: Annotated[bool, Field(description="let rows weigh by fnlwgt in training; else all alike")] = True

    def load(self, seed: int) -> Raw:
        import pandas as pd

        folder = locate(Path(self.root).expanduser())
        found = {split: _find(folder, name) for split, name in FILES.items()}
        parts = {split: _lines(path) for split, path in found.items()}
        sizes = {split: len(numbers) for split, (_, numbers) in parts.items()}
        frame = pd.DataFrame([row for rows, _ in parts.values() for row in rows], columns=COLUMNS, dtype=object)
        frame["never_married"] = np.where(frame["marital-status"] == "Never-married", "yes", "no")
        sheet = Sheet(
            frame,
            str(folder),
            [path.name for path in found.values()],
            np.repeat([0, 1], list(sizes.values())),
            np.concatenate([numbers for _, numbers in parts.values()]),
            {"test": np.arange(sizes["train"], sum(sizes.values()))},
        )
        table = Table(
            targets=list(TASKS),
            drop=["marital-status", "relationship", *([] if self.sample_weights else ["fnlwgt"])],
            sample_weight="fnlwgt" if self.sample_weights else None,
            missing=["?"],
        )
        return table.raw(sheet, list(TASKS))

    def task_names(self) -> list[str]:
        return list(TASKS)


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise WorkbenchError(
        f"There is no file {name} (or {name}.gz) in {folder.resolve()}; the files of the UCI set Adult belong there."
    )


def _lines(path: Path) -> tuple[list[list[str]], np.ndarray]:
    """The fields of every row, and its number in the file; comments (``|``) and blank lines are left out.

    Raises:
        WorkbenchError: rows with another number of fields.
    """
    rows, numbers, faults = [], [], []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        if not line.strip() or line.startswith("|"):
            continue
        fields = [field.strip() for field in line.strip().removesuffix(".").split(",")]
        if len(fields) != len(COLUMNS):
            faults.append(f"{path.name}, row {number}: {len(fields)} fields, but there are {len(COLUMNS)} columns.")
        rows.append(fields)
        numbers.append(number)
    if faults:
        raise WorkbenchError(*shortened(faults, len(faults), "such rows"))
    if not rows:
        raise WorkbenchError(f"{path} is an empty table: it has no rows.")
    return rows, np.array(numbers)
