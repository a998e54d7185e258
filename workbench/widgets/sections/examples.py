"""Examples of a run as they are shown: pictures, words, columns of a table, numbers."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.encoders.base import View
from workbench.problems.base import Data
from workbench.widgets.sections.images import picture, small, stretched

__all__ = ["examples"]

#: most numbers in a picture, so that what is saved stays small
PIXELS = 3136
#: most words, columns and numbers of an example that are shown
WORDS, COLUMNS, NUMBERS = 60, 6, 6


def examples(data: Data, rows: Tensor) -> list[list[dict[str, Any]]]:
    """What each example is, a part for each of its views.

    A part has its ``view`` and ``kind``: ``image`` (with ``source``, a data URL, and its width in pixels), ``words``,
    ``columns`` (pairs of name and value) or ``numbers``; and ``more``, how many are not shown.

    Args:
        data: of the run.
        rows: row numbers, on the CPU.
    """
    found: list[list[dict[str, Any]]] = [[] for _ in rows]
    for view in data.view_specs:
        for parts, part in zip(found, _parts(data, view, rows), strict=True):
            parts.append({"view": view.name, **part})
    return found


def _parts(data: Data, view: View, rows: Tensor) -> list[dict[str, Any]]:
    if view.name in data.words:
        return [_cut("words", data.words[view.name][row], WORDS) for row in rows.tolist()]
    values = data.views[view.name][rows.to(data.views[view.name].device)].float().cpu()
    if view.kind == "image":
        return _images(values)
    columns = getattr(getattr(data.fitted.get(view.name), "encoder", None), "columns", None)
    if columns:
        pairs = [[(name, _value(column.values[row])) for name, column in columns.items()] for row in rows.tolist()]
        return [_cut("columns", row, COLUMNS) for row in pairs]
    return [_cut("numbers", [float(f"{x:.3g}") for x in row], NUMBERS) for row in values.flatten(1).tolist()]


def _images(values: Tensor) -> list[dict[str, Any]]:
    """Pictures, all on one scale: 0 to 1 where the values lie there, else from the least to the greatest."""
    low, high = float(values.min()), float(values.max())
    low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)
    side = int((PIXELS / min(3, values.shape[1])) ** 0.5)
    shown = [stretched(small(image, side), low, high) for image in values]
    dark = values.shape[1] < 3  # 1 is ink on paper
    return [{"kind": "image", "source": picture(255 - x if dark else x), "width": x.shape[1]} for x in shown]


def _cut(kind: str, items: Any, most: int) -> dict[str, Any]:
    return {"kind": kind, kind: list(items[:most]), "more": max(0, len(items) - most)}


def _value(value: Any) -> str:
    """A value of a table as text."""
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return "–"
    return value if isinstance(value, str) else f"{torch.as_tensor(value).item():.4g}"
