"""Data as problems: views in, one target per task."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from workbench.component import Component, WorkbenchError, one_of, short
from workbench.encoders.base import Codec, View
from workbench.tasks.base import Task

SPLITS = ("train", "val", "test")

#: a view whose encoding is learned: given the numbers of the training rows, all rows encoded, ``[rows, ...]``
FittedView = Callable[[Tensor], Tensor]
Tensors = dict[str, Tensor]
Augment = Callable[[Tensors, Tensors], tuple[Tensors, Tensors]]
#: how a string becomes words
Cut = Callable[[str], list[str]]


class Texts(list[list[str]]):
    """Sentences as lists of words, one per row: a view of kind ``text``.

    Args:
        sentences: the words of every row.
        cut: how strings to come are cut into such words; by default at blanks.
    """

    def __init__(self, sentences: Iterable[list[str]], cut: Cut = str.split) -> None:
        super().__init__(sentences)
        self.cut = cut


@dataclass
class Raw:
    """A problem as loaded, before it is split: every row, raw targets.

    Attributes:
        views: name -> tensor ``[rows, ...]``; or, where the encoding has to be learned from training rows (medians,
            categories, spreads), a function that is given their numbers and returns that tensor; or ``Texts``, which
            the encoder that reads them turns into numbers.
        kinds: name -> kind of the view.
        targets: task name -> raw targets ``[rows]``, NaN where missing.
        tasks: the tasks, in the order they are shown.
        fixed: ``"val"`` or ``"test"`` -> numbers of the rows that the source itself put there; all other rows are
            split by the seed into the splits not named here.
        groups: a number per row; rows that share it stay in one split (a pupil, a patient, a building shape).
        sources: which data set a row comes from, a number per row, where several were put together.
        source_names: of these data sets, by number.
        row_weights: how much each row counts in training, at least 0; None: all alike.
        augment: changes training examples: given views and targets of a batch (names -> tensors), returns them changed.
    """

    views: dict[str, "Tensor | FittedView | Texts"]
    kinds: dict[str, str]
    targets: dict[str, Tensor]
    tasks: list[Task]
    fixed: dict[str, Tensor] = field(default_factory=dict)
    groups: Tensor | None = None
    sources: Tensor | None = None
    row_weights: Tensor | None = None
    augment: "Augment | None" = None
    source_names: list[str] = field(default_factory=list)


@dataclass
class Data:
    """A problem ready to train on: encoded, split, on its device.

    Attributes:
        views: name -> tensor ``[rows, ...]`` on the device.
        targets: task name -> encoded targets ``[rows]`` on the device.
        tasks: the chosen tasks.
        splits: ``train`` / ``val`` / ``test`` -> row numbers, on the CPU.
        labelled: task name -> ``bool[rows]`` on the CPU, only for tasks with missing labels (so that the loop knows
            without asking the device whether a task is absent from a batch).
        codecs: text view -> how its words became numbers.
        cuts: text view -> how a string becomes words.
        sources, row_weights, augment, source_names: as in ``Raw``; the weights on the device, the sources on the CPU.
        fitted: view -> what encoded it, where the encoding was learned.
        words: text view -> the words of every row, before they became numbers.
    """

    views: dict[str, Tensor]
    kinds: dict[str, str]
    targets: dict[str, Tensor]
    tasks: list[Task]
    splits: dict[str, Tensor]
    labelled: dict[str, Tensor]
    codecs: dict[str, Codec] = field(default_factory=dict)
    sources: Tensor | None = None
    row_weights: Tensor | None = None
    augment: Augment | None = None
    source_names: list[str] = field(default_factory=list)
    fitted: dict[str, FittedView] = field(default_factory=dict)
    cuts: dict[str, Cut] = field(default_factory=dict)
    words: dict[str, Texts] = field(default_factory=dict)

    @property
    def view_specs(self) -> list[View]:
        """Name, kind, shape and codec of every view."""
        return [
            View(name, self.kinds[name], tuple(x.shape[1:]), self.codecs.get(name)) for name, x in self.views.items()
        ]

    @property
    def names(self) -> list[str]:
        """The task names in order."""
        return [task.name for task in self.tasks]

    def batch(self, rows: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Views and encoded targets of some rows; ``rows`` lives on the data's device.

        On a CPU, words and labels along them are cut after the longest sentence (a GPU would have to be waited for).
        """
        views = {name: x[rows] for name, x in self.views.items()}
        targets = {task.name: self.targets[task.name][rows] for task in self.tasks}
        for name, x in views.items():
            if self.kinds[name] == "text" and not x.is_floating_point() and x.device.type == "cpu":
                longest = max(1, int((x != 0).reshape(*x.shape[:2], -1).any(2).any(0).sum()))
                views[name] = x[:, :longest]
                for task in self.tasks:
                    if task.along_words:
                        targets[task.name] = targets[task.name][:, :longest]
        return views, targets

    def to(self, device: torch.device) -> "Data":
        """Views and targets moved to a device once; row numbers stay on the CPU."""
        return replace(
            self,
            views={name: x.to(device) for name, x in self.views.items()},
            targets={name: y.to(device) for name, y in self.targets.items()},
            row_weights=None if self.row_weights is None else self.row_weights.to(device),
        )

    def from_frame(self, frame: Any) -> Tensors:
        """Rows of a new table as views, encoded by what the training rows taught.

        Args:
            frame: a DataFrame with the columns of the table.

        Raises:
            WorkbenchError: the problem reads no table, or columns that do not fit.
        """
        found = {name: view.encode(frame) for name, view in self.fitted.items() if hasattr(view, "encode")}
        if not found:
            raise WorkbenchError(
                f"A DataFrame can be read where the problem is a table; here is the view {next(iter(self.views))!r}."
            )
        return found

    def from_texts(self, view: str, texts: Any) -> Tensor:
        """New texts as a text view, in the numbers that the training texts taught.

        Args:
            view: name of the view.
            texts: strings or lists of words, one per row; or one string.

        Raises:
            WorkbenchError: something else, or a text without a word.
        """
        rows = [texts] if isinstance(texts, str) else list(texts)
        sentences, faults = [], []
        for number, row in enumerate(rows):
            words = self.cuts[view](row) if isinstance(row, str) else row
            if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
                faults.append(f"View {view!r}: row {number} should be a string or a list of words, found {short(row)}.")
            elif not words:
                faults.append(f"View {view!r}: row {number} holds no word.")
            else:
                sentences.append(list(words))
        if faults or not rows:
            raise WorkbenchError(*(faults or [f"View {view!r} holds no text."]))
        return self.codecs[view].encode(sentences, max(map(len, sentences)))


class Problem(Component):
    """Base of all problems: says what it holds, and loads it.

    A subclass implements ``load``; splitting, encoding and standardising are the same for all.
    """

    #: kinds of the views it gives, known before anything is loaded, so that a spec can be checked
    gives: ClassVar[tuple[str, ...]] = ("vector",)
    #: what the heads of its tasks read ("vector", "sequence", "map"), known before anything is loaded
    wants: ClassVar[tuple[str, ...]] = ("vector",)

    @abstractmethod
    def load(self, seed: int) -> Raw:
        """All rows. ``seed`` matters only to problems that draw their examples.

        Raises:
            WorkbenchError: what is wrong with the source, with file, row and column.
        """

    def compose(self, raw: Raw, splits: dict[str, Tensor], seed: int) -> tuple[Raw, dict[str, Tensor]]:
        """Examples made out of the loaded rows once these are split; by default the rows themselves.

        For problems that combine rows (two images overlaid): combining within a split keeps a row of the training
        split out of every validation and test example.

        Args:
            raw: what ``load`` gave.
            splits: ``train`` / ``val`` / ``test`` -> row numbers.
            seed: of the draw.

        Returns:
            the examples, and their row numbers in each split.
        """
        return raw, splits

    @abstractmethod
    def task_names(self) -> list[str]:
        """The names of the tasks, as cheaply as possible (pickers ask before anything is trained)."""

    @classmethod
    def wanted(cls, spec: Any) -> tuple[str, ...]:
        """What the heads of the tasks chosen in a spec read; ``wants``, where a problem knows no better."""
        return cls.wants

    def check_tasks(self, chosen: Sequence[str] | None) -> list[str]:
        """The chosen tasks, all of them for None.

        Raises:
            WorkbenchError: naming each task the problem lacks.
        """
        names = self.task_names()
        faults = [
            f"Problem {self.name!r} has no task {task!r}: {one_of(task, names)}."
            for task in chosen or ()
            if task not in names
        ]
        if faults:
            raise WorkbenchError(*faults)
        return names if chosen is None else [name for name in names if name in chosen]

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        """Tasks that a spec asks for and the problem lacks."""
        _, settings = spec.chosen("problem")
        try:
            cls(**settings).check_tasks(spec.tasks)
        except WorkbenchError as error:
            return error.faults
        return []
