"""Requests from files in the layout of JointBERT: ``seq.in``, ``seq.out`` and ``label``, a request a line."""

from pathlib import Path

from workbench.component import WorkbenchError
from workbench.problems.faults import shortened
from workbench.problems.sentences import Sentences, find, lines_of
from workbench.problems.split_files import by_split, split_named

WORDS, TAGS, LABEL, SCENARIO = "seq.in", "seq.out", "label", "scenario"


def folders(path: str) -> dict[str, Path]:
    """Split -> its folder; the folder itself as ``train`` where it has no splits.

    Raises:
        WorkbenchError: no such folder, two for one split, or none to train on.
    """
    root = find(path, "folder")
    if (root / WORDS).is_file():
        return {"train": root}
    inside = [item for item in sorted(root.iterdir()) if item.is_dir()] if root.is_dir() else []
    found = by_split(inside, lambda item: split_named(item.name))
    if "train" not in found:
        raise WorkbenchError(f"{root} holds neither a file {WORDS!r} nor a folder 'train' with one.")
    return found


def read(path: str) -> Sentences:
    """Requests with the columns ``slots``, ``intent`` and, where there is a file of it, ``scenario``.

    Raises:
        WorkbenchError: every fault of the files, with file, line and word.
    """
    faults: list[str] = []
    parts = folders(path)
    out = Sentences(tags={"slots": []}, labels={"intent": []}, name=path)
    if (parts["train"] / SCENARIO).is_file():
        out.labels["scenario"] = []
    for split, folder in parts.items():
        start = len(out.words)
        faults += _part(folder, out)
        if split != "train":
            out.fixed[split] = list(range(start, len(out.words)))
    if faults:
        raise WorkbenchError(*shortened(faults, len(faults)))
    return out


def _part(folder: Path, out: Sentences) -> list[str]:
    """Append one folder's requests; what is wrong with them."""
    files = {WORDS: folder / WORDS, TAGS: folder / TAGS, LABEL: folder / LABEL}
    if "scenario" in out.labels:
        files[SCENARIO] = folder / SCENARIO
    gone = [f"{folder} has no file {name!r}." for name, file in files.items() if not file.is_file()]
    if gone:
        return gone
    read = {name: lines_of(file) for name, file in files.items()}
    shown = {name: f"{folder.name}/{name}" for name in files}
    rows = len(read[WORDS])
    if rows == 0:
        return [f"{folder / WORDS} is empty."]
    uneven = [name for name in read if len(read[name]) != rows]
    if uneven:
        return [
            f"{shown[name]} has {len(read[name])} lines, but {shown[WORDS]} has {rows}; they belong together."
            for name in uneven
        ]
    faults = []
    for number, line in enumerate(read[WORDS], start=1):
        words, tags = line.split(), read[TAGS][number - 1].split()
        if not words:
            faults.append(f"{shown[WORDS]}, line {number} is empty; a request needs a word.")
        elif len(words) != len(tags):
            faults.append(
                f"{shown[TAGS]}, line {number}: {len(tags)} tags for the {len(words)} words of {shown[WORDS]} "
                f"({line.strip()[:60]!r})."
            )
        faults += [
            f"{shown[name]}, line {number} is empty; a request needs its {column}."
            for name, column in ((LABEL, "intent"), (SCENARIO, "scenario"))
            if name in read and not read[name][number - 1].strip()
        ]
        out.words.append(words)
        out.tags["slots"].append(list(tags))
        out.labels["intent"].append(read[LABEL][number - 1].strip())
        if SCENARIO in read:
            out.labels["scenario"].append(read[SCENARIO][number - 1].strip())
        out.places.append(f"{folder.name}, line {number}")
    return faults
