"""A notebook's parameters: the literals of its cell tagged ``parameters``, and texts read as their types."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from workbench.component import WorkbenchError, one_of

__all__ = ["convert", "declared"]

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def declared(notebook: Any, where: str) -> dict[str, Any] | None:
    """The parameters of a notebook and their defaults; ``None`` when no code cell is tagged ``parameters``.

    Args:
        notebook: an nbformat 4 notebook.
        where: its name, for error sentences.

    Raises:
        WorkbenchError: the cell holds something else than ``name = literal``.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
            return _literals(cell.source, where)
    return None


def _literals(source: str, where: str) -> dict[str, Any]:
    rule = f"{where}: its cell tagged 'parameters' may hold only lines such as  epochs = 5"
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise WorkbenchError(f"{rule}; line {error.lineno} is no Python: {error.msg}.") from None
    found, faults = {}, []
    for line in body:
        target: ast.expr
        try:
            if isinstance(line, ast.AnnAssign) and line.value is not None:
                target, value = line.target, line.value
            elif isinstance(line, ast.Assign) and len(line.targets) == 1:
                target, value = line.targets[0], line.value
            else:
                raise ValueError
            if not isinstance(target, ast.Name):
                raise ValueError
            found[target.id] = ast.literal_eval(value)
        except ValueError:
            faults.append(f"{rule}; line {line.lineno} is {ast.unparse(line)!r}.")
    if faults:
        raise WorkbenchError(*faults)
    return found


def convert(texts: Mapping[str, str], defaults: Mapping[str, Any] | None, where: str) -> dict[str, Any]:
    """Texts from a command line as values of the declared parameters' types.

    The type is that of the default: ``"false"`` is a bool where the default is one and stays text where the default
    is text (so does ``"007"``); a list is given as ``a,b`` or as JSON; where the default is ``None`` anything that
    reads as a literal is one.

    Args:
        texts: parameter name -> text.
        defaults: what ``declared`` found.
        where: the notebook's name, for error sentences.

    Raises:
        WorkbenchError: every unknown name and unreadable text at once.
    """
    if texts and defaults is None:
        raise WorkbenchError(f"{where} takes no parameters: none of its code cells is tagged 'parameters'.")
    values, faults = {}, []
    for name, text in texts.items():
        if name not in (defaults or {}):
            faults.append(f"{where} has no parameter {name!r}: {one_of(name, defaults or {})}.")
            continue
        try:
            values[name] = _value(text, (defaults or {})[name])
        except ValueError as error:
            faults.append(f"{where}: parameter {name} should be {error}, found {text!r}.")
    if faults:
        raise WorkbenchError(*faults)
    return values


def _value(text: str, default: Any) -> Any:
    """A text as the type of a default; a ValueError says in words what it should be."""
    if isinstance(default, str):
        return text
    if default is None:
        return _literal(text, otherwise=None if text.lower() == "none" else text)
    if isinstance(default, bool):
        if text.lower() not in _WORDS:
            raise ValueError("true or false")
        return _WORDS[text.lower()]
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            raise ValueError("a whole number" if isinstance(default, int) else "a number") from None
    if isinstance(default, (list, tuple)):
        return _items(text, default)
    value = _literal(text, otherwise=text)
    if not isinstance(value, type(default)):
        raise ValueError(f"a {type(default).__name__}, such as {default!r}")
    return value


def _items(text: str, default: list[Any] | tuple[Any, ...]) -> Any:
    """A list from ``a,b`` or from ``["a", "b"]``; its items have the type of the default's items."""
    kinds = {type(item) for item in default}
    if text.lstrip().startswith(("[", "(")):
        items = _literal(text, otherwise=text)
        if not isinstance(items, (list, tuple)):
            raise ValueError(f"a list, such as {default!r}")
        if kinds == {float}:
            items = [float(item) if type(item) is int else item for item in items]
        if len(kinds) == 1 and {type(item) for item in items} - kinds:
            raise ValueError(f"a list of {kinds.pop().__name__}, such as {default!r}")
    else:
        model = default[0] if len(kinds) == 1 else None
        try:
            items = [_value(part.strip(), model) for part in text.split(",") if part.strip()]
        except ValueError as error:
            raise ValueError(f"a list, each item {error}") from None
    return type(default)(items)


def _literal(text: str, otherwise: Any) -> Any:
    """A text as a JSON or Python literal; what is neither is ``otherwise``."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError):
            continue
    return otherwise
