"""Values as text: one line to share, Python to read, words for a command line."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.component import Setting, WorkbenchError, from_text

__all__ = ["called", "in_words", "pack", "python", "unpack"]

#: what every share line starts with
PREFIX = "mtl1:"
#: most characters that a share line may stand for, so that a line from a stranger cannot fill the memory
LARGEST = 1_000_000
#: columns of Python code
WIDTH = 100


# ---------------------------------------------------------------- one line


def pack(value: Any) -> str:
    """A JSON value as one line of text: ``mtl1:`` and the compressed JSON in letters that survive any chat.

    Raises:
        WorkbenchError: the value is too large for ``unpack``.
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    if len(text) > LARGEST:
        raise WorkbenchError(f"A share line holds at most {LARGEST:,} characters of JSON, found {len(text):,}.")
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack(line: str) -> Any:
    """The value behind a line that ``pack`` made.

    Raises:
        WorkbenchError: it is no such line, was damaged or cut short, or holds too much.
    """
    line = line.strip()
    if not line.startswith(PREFIX):
        raise WorkbenchError(f"A share line starts with {PREFIX!r}, found {line[:12]!r}.")
    body = line[len(PREFIX) :]
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), LARGEST)
        if unpacker.unused_data or (not unpacker.eof and len(plain) < LARGEST):
            raise ValueError
    except (ValueError, zlib.error):
        raise WorkbenchError("This share line is damaged or cut short: copy the whole line again.") from None
    if not unpacker.eof:
        raise WorkbenchError(f"This share line is damaged: it stands for more than {LARGEST:,} characters.")
    try:
        return json.loads(plain)
    except (ValueError, RecursionError):
        raise WorkbenchError("This share line is damaged: what it stands for is no JSON.") from None


# ---------------------------------------------------------------- Python


def python(fields: Mapping[str, Any], steering: Sequence[Mapping[str, Any]] = ()) -> str:
    """Code that makes a spec of these fields and trains it, with these commands at their steps if there are any."""
    lines = ["import workbench as wb", "", called("spec = ", "wb.Spec", fields)]
    if steering:
        lines += [f"steering = {_literal(list(steering), WIDTH - len('steering = '), 0)}"]
    lines += [f"run = wb.train(spec{', steering=steering' if steering else ''})"]
    return "\n".join(lines) + "\n"


def called(before: str, name: str, arguments: Mapping[str, Any]) -> str:
    """A call with named literals, on one line where it fits and else with one argument a line."""
    flat = f"{before}{name}({', '.join(f'{key}={_flat(value)}' for key, value in arguments.items())})"
    if len(flat) <= WIDTH:
        return flat
    lines = [f"    {key}={_literal(value, WIDTH - 6 - len(key), 4)}," for key, value in arguments.items()]
    return "\n".join([f"{before}{name}(", *lines, ")"])


def _literal(value: Any, room: int, indent: int) -> str:
    """A JSON value as a literal, on one line where it fits into so many columns; a text is never cut."""
    flat = _flat(value)
    if len(flat) <= room or not value or not isinstance(value, list | dict):
        return flat
    pad, inner = " " * indent, WIDTH - indent - 5
    if isinstance(value, list):
        items = [_literal(item, inner, indent + 4) for item in value]
    else:
        keys = [f"{_flat(key)}: " for key in value]
        items = [
            key + _literal(item, inner - len(key), indent + 4) for key, item in zip(keys, value.values(), strict=True)
        ]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return "\n".join([opening, *(f"{pad}    {item}," for item in items), pad + closing])


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flat, value)) + "]"
    return repr(value)


# ---------------------------------------------------------------- a command line


def in_words(setting: Setting, value: Any) -> str | None:
    """A setting's value as a text that ``from_text`` reads as the same value; None where there is none.

    Lists and pairs are written ``a,b`` and ``a=1,b=2`` where that is unambiguous, else as JSON.
    """
    texts = [str(value) if not isinstance(value, list | dict) else json.dumps(value)]
    if isinstance(value, list):
        texts.insert(0, ",".join(map(str, value)))
    elif isinstance(value, dict):
        texts.insert(0, ",".join(f"{key}={item}" for key, item in value.items()))
    return next((text for text in texts if _stands_for(setting, text, value)), None)


def _stands_for(setting: Setting, text: str, value: Any) -> bool:
    try:
        found = from_text(setting, text, setting.name)
    except WorkbenchError:
        return False
    return bool(found == value) and type(found) is type(value)
