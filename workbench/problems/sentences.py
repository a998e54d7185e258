"""Sentences with labels: for every word, for the sentence, or both; each with its place in a file."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError
from workbench.files import data_folder
from workbench.problems.faults import shortened
from workbench.tasks.classification import Classification
from workbench.tasks.tagging import Tagging

# settings of problems that read sentences
Decoder = Annotated[
    Literal["softmax", "crf"], Field(description="of tags: each word alone, or a CRF over the sentence")
]
Unseen = Annotated[
    Literal["error", "wrong"], Field(description="labels in dev or test that training lacks: an error, or mistakes")
]
Count = Annotated[
    int, Field(ge=100, le=20_000, description="how many are written by the project, without path"), Slider(500, 10_000)
]
#: so many labels are named in a sentence about a wrong one
NAMED = 12


@dataclass
class Sentences:
    """Sentences as read.

    Attributes:
        words: of every sentence.
        tags: column -> the tags of every sentence's words; None where missing.
        labels: column -> the label of every sentence; None where missing.
        places: where each sentence stands, in words: file and line.
        fixed: ``val`` / ``test`` -> numbers of the sentences that the source itself put there.
        name: of the whole, for sentences about faults.
        place_of_word: where a word stands, given sentence and number of the word.
    """

    words: list[list[str]] = field(default_factory=list)
    tags: dict[str, list[list[str | None]]] = field(default_factory=dict)
    labels: dict[str, list[str | None]] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    fixed: dict[str, list[int]] = field(default_factory=dict)
    name: str = ""
    place_of_word: Callable[[int, int], str] | None = None

    def at(self, row: int, word: int) -> str:
        """Where a word stands."""
        if self.place_of_word is not None:
            return self.place_of_word(row, word)
        return f"{self.places[row]}, word {word + 1} ({self.words[row][word]!r})"

    @property
    def training(self) -> list[int]:
        """Numbers of the sentences that may be trained on."""
        held = {row for rows in self.fixed.values() for row in rows}
        return [row for row in range(len(self.words)) if row not in held]

    @property
    def fixed_rows(self) -> dict[str, Tensor]:
        """``fixed`` as tensors."""
        return {split: torch.tensor(rows) for split, rows in self.fixed.items()}

    def classification(self, column: str, unseen: Unseen, name: str | None = None) -> tuple[Classification, Tensor]:
        """The task of a column of labels and its raw targets ``int64[rows]``, -100 where missing.

        Raises:
            WorkbenchError: fewer than two labels, or one in val or test that training lacks.
        """
        labels = self.labels[column]
        training = {labels[row] for row in self.training} - {None}
        strange = [
            (self.places[row], str(label))
            for row, label in enumerate(labels)
            if label is not None and label not in training
        ]
        classes = self._classes(column, training, strange, unseen, "label")
        number = {name: place for place, name in enumerate(classes)}
        target = torch.tensor([-100 if label is None else number[label] for label in labels])
        return Classification(name or column, classes), target

    def tagging(self, column: str, decoder: Decoder, unseen: Unseen, name: str | None = None) -> tuple[Tagging, Tensor]:
        """The task of a column of tags and its raw targets ``int64[rows, words]``, -100 where missing or over.

        Raises:
            WorkbenchError: fewer than two tags, or one in val or test that training lacks.
        """
        tags = self.tags[column]
        training = {tag for row in self.training for tag in tags[row]} - {None}
        strange = [
            (self.at(row, word), str(tag))
            for row, sentence in enumerate(tags)
            for word, tag in enumerate(sentence)
            if tag is not None and tag not in training
        ]
        classes = self._classes(column, training, strange, unseen, "tag")
        number: dict[str | None, int] = {name: place for place, name in enumerate(classes)} | {None: -100}
        return Tagging(name or column, classes, decoder), padded([[number[tag] for tag in row] for row in tags])

    def _classes(
        self, column: str, training: set[str | None], strange: list[tuple[str, str]], unseen: Unseen, thing: str
    ) -> list[str]:
        """Names in alphabetical order, those that training lacks at the end."""
        classes = sorted(str(label) for label in training)
        if not classes:
            raise WorkbenchError(f"{self.name}: column {column!r} has no {thing} in the training sentences.")
        if strange and unseen == "error":
            faults = (
                f"{place}: no training sentence has the {thing} {label!r} ({column}): {nearest(label, classes)}; "
                "correct it, or set unseen='wrong' to count it as a mistake."
                for place, label in strange
            )
            raise WorkbenchError(*shortened(faults, len(strange), f"such {thing}s in column {column!r}"))
        if len(classes) == 1:
            raise WorkbenchError(
                f"{self.name}: column {column!r} holds one {thing} only, {classes[0]!r}; there is nothing to tell."
            )
        return classes + sorted({label for _, label in strange})


def nearest(label: str, allowed: Sequence[str]) -> str:
    """The nearest valid labels, the nearest first."""
    close = difflib.get_close_matches(label, allowed, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    more = f", … ({len(allowed)} in all)" if len(allowed) > NAMED else ""
    return f"{hint}allowed: {', '.join(allowed[:NAMED])}{more}"


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Rows of numbers as ``int64[rows, longest]``, -100 after the end."""
    out = torch.full((len(rows), max(map(len, rows), default=0)), -100)
    for place, row in enumerate(rows):
        out[place, : len(row)] = torch.tensor(row, dtype=torch.int64)
    return out


def numbered(sentences: Sequence[Sequence[str]]) -> tuple[list[str], Tensor]:
    """All words in alphabetical order, and the sentences as places in that list, ``int64[rows, longest]``."""
    words = sorted({word for sentence in sentences for word in sentence})
    place = {word: number for number, word in enumerate(words)}
    return words, padded([[place[word] for word in sentence] for sentence in sentences])


def find(path: str, what: str) -> Path:
    """A file or folder, looked up in the working folder and then in the data folder.

    Raises:
        WorkbenchError: neither has it; with what is nearest there.
    """
    asked = Path(path).expanduser()
    for place in (asked, data_folder() / asked):
        if place.exists():
            return place
    beside = sorted(item.name for item in asked.parent.iterdir()) if asked.parent.is_dir() else []
    close = difflib.get_close_matches(asked.name, beside, n=3, cutoff=0.4)
    hint = f"nearest there: {', '.join(close)}" if close else f"nothing like it is in {asked.parent.resolve()}"
    raise WorkbenchError(f"There is no {what} {path!r}; {hint}.")


def lines_of(path: Path) -> list[str]:
    """The lines of a text file, blank ones at the end left out.

    Raises:
        WorkbenchError: no UTF-8 text.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise WorkbenchError(f"{path}, line {line} is no UTF-8 text; save the file as UTF-8.") from error
    except OSError as error:
        raise WorkbenchError(f"{path} cannot be read: {error.strerror or error}.") from error
    lines = [line.rstrip("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
