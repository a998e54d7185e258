"""Sentences with their tags in colour."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from workbench.plots.style import COLORS, FONT, INK

#: the tag of a word that belongs to nothing
OUTSIDE = "O"
#: how strongly a colour fills the place behind a word, as two hexadecimal digits; dark words stay readable on it
PALE = "40"


class Line(NamedTuple):
    """A sentence to show: what stands before it, its words, and a tag for each."""

    caption: str
    words: Sequence[str]
    tags: Sequence[str]


class Marked:
    """Sentences whose words stand on the colour of their tag, with the tag's name below, so that no colour is needed.

    Of tags ``B-x`` and ``I-x`` the words of one entity share a box. An ``I-x`` that goes on with nothing (after ``O``,
    after another kind, or at the start) opens a box with a broken frame.

    Args:
        lines: caption, words and tags of each sentence.

    Raises:
        ValueError: not as many tags as words.
    """

    def __init__(self, lines: Sequence[tuple[str, Sequence[str], Sequence[str]]]) -> None:
        self.lines = [Line(*line) for line in lines]
        for caption, words, tags in self.lines:
            if len(words) != len(tags):
                raise ValueError(f"{caption!r} has {len(words)} words and {len(tags)} tags")
        kinds = dict.fromkeys(kind for line in self.lines for _, kind, _ in boxes(line) if kind != OUTSIDE)
        self.colors = {kind: COLORS[i % len(COLORS)] for i, kind in enumerate(kinds)}

    def _repr_html_(self) -> str:
        rows = [
            f'<tr><td style="text-align: right; color: {INK}; padding: 4px 14px 4px 0; font-weight: bold; '
            f'white-space: nowrap; vertical-align: top">{escape(line.caption)}</td>'
            f'<td style="text-align: left; padding: 4px 0">{"".join(map(self._box, boxes(line)))}</td></tr>'
            for line in self.lines
        ]
        style = f"font-family: {FONT}; font-size: 16px; background: white; border-collapse: collapse"
        return f'<table style="{style}">{"".join(rows)}</table>'

    def _box(self, box: tuple[list[str], str, bool]) -> str:
        words, kind, sound = box
        text, below, frame = escape(" ".join(words)), "&nbsp;", "2px solid transparent"
        fill = "transparent"
        if kind != OUTSIDE:
            below, fill = escape(kind), self.colors[kind] + PALE
            frame = f"2px {'solid' if sound else 'dashed'} {self.colors[kind] if sound else INK}"
        return (
            f'<span style="display: inline-block; text-align: center; margin: 0 2px 4px; color: {INK}">'
            f'<span style="display: block; padding: 1px 6px; border-radius: 5px; background: {fill}; '
            f'border: {frame}">{text}</span><span style="font-size: 13px">{below}</span></span>'
        )

    def __repr__(self) -> str:
        return "\n".join(
            f"{line.caption}: "
            + " ".join(word if tag == OUTSIDE else f"{word}/{tag}" for word, tag in zip(*line[1:], strict=True))
            for line in self.lines
        )


def boxes(line: Line) -> Iterator[tuple[list[str], str, bool]]:
    """Words that belong together, what they are, and whether they begin as they should."""
    words: list[str] = []
    kind, sound = "", True
    for word, tag in zip(line.words, line.tags, strict=True):
        part, _, name = tag.partition("-")
        inside = part == "I" and bool(name)
        if words and inside and name == kind:
            words.append(word)
            continue
        if words:
            yield words, kind, sound
        words, kind, sound = [word], (name if inside or (part == "B" and name) else tag), not inside
    if words:
        yield words, kind, sound
