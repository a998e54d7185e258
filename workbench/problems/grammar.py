"""Small grammars that write English: sentences with a tag per word, drawn by a seed."""

import random
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

_PART = re.compile(r"\[(\w+):(\w+)\]|\{(\w+)\}|(\S+)")
_T = TypeVar("_T")


class Word(NamedTuple):
    """A word, its class (empty where the grammar names none) and its tag: ``O``, ``B-…`` or ``I-…``."""

    text: str
    kind: str
    tag: str


class Grammar:
    """Rules that rewrite names into words.

    A rule is a list of ways to write its name, all equally likely, or one string with ``|`` between them. In a way
    ``{name}`` stands for another rule, ``[tag:name]`` for one whose words form an entity of that tag, and everything
    else for itself; ``word/KIND`` gives a word its class.

    >>> rules = {"request": ["wake [person:name] at {hour}"], "name": "anna maria", "hour": "six"}
    >>> [(word.text, word.tag) for word in Grammar(rules).write("request", random.Random(0))]
    [('wake', 'O'), ('anna', 'B-person'), ('maria', 'I-person'), ('at', 'O'), ('six', 'O')]

    Args:
        rules: name -> its ways.
    """

    def __init__(self, rules: Mapping[str, str | list[str]]) -> None:
        lists = {name: ways.split("|") if isinstance(ways, str) else ways for name, ways in rules.items()}
        self.rules = {name: [_PART.findall(way) for way in ways] for name, ways in lists.items()}

    def write(self, name: str, draw: random.Random) -> list[Word]:
        """A sentence of this name."""
        words: list[Word] = []
        for tag, inner, rule, text in draw.choice(self.rules[name]):
            if text:
                word, _, kind = text.partition("/")
                words.append(Word(word, kind, "O"))
            elif rule:
                words += self.write(rule, draw)
            else:
                found = self.write(inner, draw)
                words += [w._replace(tag=f"{'I' if i else 'B'}-{tag}") for i, w in enumerate(found)]
        return words


def distinct(write: Callable[[], _T], key: Callable[[_T], str], count: int) -> list[_T]:
    """So many different things, in the order in which they are written; fewer where no more come.

    Args:
        write: writes one.
        key: what may not come twice.
        count: how many are wanted.
    """
    found: dict[str, _T] = {}
    for _ in range(50 * count):
        if len(found) == count:
            break
        one = write()
        found.setdefault(key(one), one)
    return list(found.values())
