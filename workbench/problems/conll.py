"""Tagged sentences from files with a word a line: CoNLL-U, CoNLL-2003 and their kin."""

import re
from collections.abc import Iterator
from pathlib import Path

from workbench.component import WorkbenchError, one_of
from workbench.problems.faults import shortened
from workbench.problems.sentences import Sentences, find, lines_of
from workbench.problems.split_files import by_split

#: columns of CoNLL-U, and those taken where none are named
UNIVERSAL = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
USUAL = ("upos", "deprel")
#: number of columns of other files -> their names
LAYOUTS = {2: ("word", "tag"), 3: ("word", "pos", "chunk"), 4: ("word", "pos", "chunk", "ner")}
#: split -> parts of the name of a file that holds it
SPLIT_WORDS = {
    "train": ("train",),
    "val": ("dev", "valid", "validation", "val", "testa"),
    "test": ("test", "testb"),
}


def files(path: str) -> dict[str, Path]:
    """Split -> its file; one file is ``train``.

    Raises:
        WorkbenchError: no such file or folder, two files for one split, or none to train on.
    """
    root = find(path, "file or folder")
    if root.is_file():
        return {"train": root}
    there = sorted(item for item in root.iterdir() if item.is_file())
    there = [item for item in there if item.suffix == ".conllu"] or there
    found = by_split(there, _split)
    if "train" not in found:
        raise WorkbenchError(f"{root} is a folder without a file that has 'train' in its name.")
    return found


def _split(file: Path) -> str | None:
    """The split in a file's name, if there is one only."""
    words = re.split(r"[^a-z]+", file.name.lower())
    splits = [split for split, names in SPLIT_WORDS.items() if set(names) & set(words)]
    return splits[0] if len(splits) == 1 else None


def layout(file: Path, names: list[str]) -> tuple[str, ...]:
    """The names of a file's columns: those given, those of CoNLL-U, or by their number.

    Raises:
        WorkbenchError: a number of columns that has no usual names.
    """
    if names:
        return tuple(names)
    rows = _rows(file, file.suffix == ".conllu")
    first = next(((number, cells) for number, cells in rows if not cells[0].startswith("#")), None)
    if file.suffix == ".conllu" or (first is not None and len(first[1]) == len(UNIVERSAL)):
        return UNIVERSAL
    if first is None:
        raise WorkbenchError(f"{file} holds no sentence.")
    number, cells = first
    if len(cells) not in LAYOUTS:
        raise WorkbenchError(
            f"{file}, line {number} has {len(cells)} columns; name them in layout, the word's column being 'word'."
        )
    return LAYOUTS[len(cells)]


def read(path: str, columns: list[str], names: list[str]) -> Sentences:
    """Sentences with some columns of tags.

    Args:
        path: a file, or a folder with files for the splits.
        columns: those to read.
        names: of all columns, in order; empty for the usual ones.

    Raises:
        WorkbenchError: every fault of the files, with file and line.
    """
    parts = files(path)
    known = layout(parts["train"], names)
    word = "form" if known == UNIVERSAL else "word"
    faults = [f"{path} has no column {column!r}: {one_of(column, known)}." for column in columns if column not in known]
    faults += [f"{path}: column {word!r} holds the words, which are read, not told." for c in columns if c == word]
    if word not in known:
        faults.append(f"Problem 'tagging': layout names no column 'word', found {', '.join(known)}.")
    if faults:
        raise WorkbenchError(*faults)
    out = Sentences(tags={column: [] for column in columns}, name=path)
    lines: list[tuple[str, list[int]]] = []
    for split, file in parts.items():
        start = len(out.words)
        faults += _read_file(file, known, word, out, lines)
        if len(out.words) == start and not faults:
            faults.append(f"{file} holds no sentence.")
        if split != "train":
            out.fixed[split] = list(range(start, len(out.words)))
    if faults:
        raise WorkbenchError(*shortened(faults, len(faults)))
    out.places = [f"{name}, line {numbers[0]}" for name, numbers in lines]
    out.place_of_word = lambda row, place: f"{lines[row][0]}, line {lines[row][1][place]} ({out.words[row][place]!r})"
    return out


def _read_file(
    file: Path, known: tuple[str, ...], word: str, out: Sentences, lines: list[tuple[str, list[int]]]
) -> list[str]:
    """Append the sentences of a file and the lines of their words; what is wrong with it."""
    faults, open_ = [], False
    universal = known == UNIVERSAL
    for number, cells in _rows(file, universal, gaps=True):
        if not cells:
            open_ = False
            continue
        if len(cells) != len(known):
            faults.append(f"{file.name}, line {number}: {len(cells)} columns instead of {len(known)}.")
            continue
        row = dict(zip(known, cells, strict=True))
        if universal and not row["id"].isdigit():  # a word of several tokens, or an empty node
            continue
        if not open_:
            open_ = True
            out.words.append([])
            lines.append((file.name, []))
            for column in out.tags.values():
                column.append([])
        out.words[-1].append(row[word])
        lines[-1][1].append(number)
        for name, column in out.tags.items():
            column[-1].append(None if universal and row[name] == "_" else row[name])
    return faults


def _rows(file: Path, universal: bool, gaps: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every line that holds some, and, where wanted, no cells for lines between sentences."""
    for number, line in enumerate(lines_of(file), start=1):
        if not line.strip() or line.startswith("-DOCSTART-"):
            if gaps:
                yield number, []
        elif not (universal and line.startswith("#")):
            yield number, line.split("\t") if universal or "\t" in line else line.split()
