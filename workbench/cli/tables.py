"""Tables on standard output, for people or as JSON."""

import json
from typing import Any

__all__ = ["rows", "show_frame", "show_json"]


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def rows(frame: Any) -> list[dict[str, Any]]:
    """A DataFrame as a list of JSON objects; what is missing is null."""
    return list(json.loads(frame.to_json(orient="records", date_format="iso")))


def show_frame(frame: Any, as_json: bool, empty: str = "") -> None:
    """Print a DataFrame: aligned columns, or with ``as_json`` a list of objects.

    Args:
        frame: the table; an index with names is shown as columns.
        as_json: JSON instead of columns.
        empty: the sentence for a table without rows (people only; JSON says ``[]``), where there may be one.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    if as_json:
        show_json(rows(frame))
    elif frame.empty:
        print(empty)
    else:
        print(frame.to_string(index=False, na_rep="–", float_format=lambda x: f"{x:.4g}"))
