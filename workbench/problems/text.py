"""Texts of one's own, with several labels each."""
# ruff: noqa: RUF012 (a component copies the defaults of its settings)

from typing import Annotated, Any

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, one_of, register
from workbench.encoders.words import tokenize
from workbench.problems.base import Problem, Raw, Texts
from workbench.problems.faults import shortened
from workbench.problems.reading import Sheet, from_frame, read
from workbench.problems.sentences import Count
from workbench.problems.table import Table
from workbench.problems.table_settings import NO_VALUE, Columns, Kinds, Missing
from workbench.problems.target_column import target_column
from workbench.problems.text_grammar import news
from workbench.tasks.base import Task

#: targets of the texts that the project writes
WRITTEN = ["topic", "tone"]


@register("problem", "text", tags=("core",))
class LabelledTexts(Problem):
    """A table with a column of texts and one column of labels per task: what is it about, in which tone?

    ``path`` is a CSV, TSV or Parquet file, a folder with files named train / dev / valid / test, or in Python a
    DataFrame, all as for the problem ``table``; so are the kinds of the targets (classification or regression) and
    missing labels, which stay empty. Texts are cut into lower-cased words and punctuation marks; of each at most
    ``longest`` are read.

    Without a path the project writes short news by itself: different ones from a small English grammar, drawn by the
    seed, with the targets ``topic`` (5 classes) and ``tone`` (positive, negative or neutral, often by a negation).

    View ``text``, a sequence of words.
    """

    gives = ("text",)

    path: Annotated[str | None, Field(description="file or folder; none: news written by the project")] = None
    column: Annotated[str, Field(description="the column of texts")] = "text"
    targets: Annotated[list[str], Field(description="target columns, one task each")] = []
    kinds: Kinds = {}
    missing: Missing = NO_VALUE
    columns: Columns = []
    longest: Annotated[int, Field(ge=1, description="words read of each text"), Slider(10, 500)] = 200
    count: Count = 1500

    def load(self, seed: int) -> Raw:
        sheet = self._written(seed) if self.path is None else read(self.path, self.columns)
        names = self.task_names()
        faults = [
            f"{sheet.name} has no column {name!r} ({setting}): {one_of(name, sheet.frame.columns)}."
            for setting, wanted in (("column", [self.column]), ("targets", names), ("kinds", list(self.kinds)))
            for name in wanted
            if name not in sheet.frame.columns
        ]
        if self.column in names:
            faults.append(f"Problem 'text': {self.column!r} is the column of texts and a target, too.")
        if faults:
            raise WorkbenchError(*faults)
        tasks: list[Task] = []
        targets: dict[str, Tensor] = {}
        for name in names:
            try:
                task, targets[name] = target_column(sheet, name, self.missing, self.kinds.get(name))
                tasks.append(task)
            except WorkbenchError as error:
                faults += error.faults
        texts = self._texts(sheet, faults)
        if faults:
            raise WorkbenchError(*faults)
        fixed = {split: torch.from_numpy(rows) for split, rows in sheet.fixed.items()}
        return Raw({"text": texts}, {"text": "text"}, targets, tasks, fixed)

    def _texts(self, sheet: Sheet, faults: list[str]) -> Texts:
        """The words of every row; what is wrong is added to the faults."""
        column = sheet.frame[self.column]
        gaps = column.isna()
        words = [[] if gap else self._cut(str(cell)) for cell, gap in zip(column, gaps, strict=True)]
        empty = [row for row, found in enumerate(words) if not found]
        found = (f"{sheet.place(row)}, column {self.column!r}: the text holds no word." for row in empty)
        faults += shortened(found, len(empty), "texts without a word")
        return Texts(words, self._cut)

    def _cut(self, text: str) -> list[str]:
        return tokenize(text)[: self.longest]

    def _written(self, seed: int) -> Sheet:
        import pandas as pd

        return from_frame(pd.DataFrame(news(self.count, seed), columns=["text", *WRITTEN]), "the written news")

    def task_names(self) -> list[str]:
        if self.targets:
            return list(self.targets)
        if self.path is None:
            return list(WRITTEN)
        raise WorkbenchError(f"Problem 'text' needs the setting 'targets': which columns of {self.path} to tell.")

    @classmethod
    def prepare(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return Table.prepare(settings)
