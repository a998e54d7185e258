"""Affinity maps as the canvas keeps and sends them: a bounded number of them, chosen evenly over the steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.plots.heatmaps import reach

__all__ = ["LARGEST", "Maps", "evenly", "most"]

#: largest share of a message, in bytes: two whole maps of 50 tasks; 50 rows found by hand
LARGEST = {"measured": 20_480, "by hand": 10_480}
#: kept here and in the browser: so many, of so many bytes together
MOST, MOST_BYTES = 500, 400_000
#: step numbers, task numbers and values take four bytes each
WORD = 4


class EffectLike(Protocol):
    """What is read of the effect of a step for one task alone."""

    @property
    def step(self) -> int: ...
    @property
    def task(self) -> str: ...
    @property
    def before(self) -> Sequence[float]: ...
    @property
    def after(self) -> Sequence[float]: ...


@dataclass(frozen=True)
class Maps:
    """Affinity maps of K tasks over the steps: whole ones as they were measured, or single rows as found by hand.

    Attributes:
        steps: where they were measured, ``[n]``, increasing.
        values: whole maps ``[n, K, K]``, rows = train on, columns = helps; or single rows ``[n, K]``; NaN: unknown.
        rows: the number of the task of each single row, ``[n]``; None for whole maps.
    """

    steps: NDArray
    values: NDArray
    rows: NDArray | None = None

    @classmethod
    def measured(cls, found: Sequence[tuple[int, Any]]) -> "Maps":
        """Whole maps (step, ``[K, K]``), evenly chosen where there are more than are kept."""
        steps = np.array([step for step, _ in found], dtype=np.uint32)
        chosen = evenly(steps, MOST)
        return cls(steps[chosen], np.stack([np.asarray(found[i][1], dtype=np.float32) for i in chosen]))

    @classmethod
    def by_hand(cls, effects: Sequence[EffectLike], tasks: Sequence[str]) -> "Maps":
        """Rows ``1 − after / before``: the lookahead affinity of steps for one task alone."""
        before, after = (np.array([getattr(effect, name) for effect in effects]) for name in ("before", "after"))
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(before != 0, 1 - after / before, np.nan)
        steps, rows = ([effect.step for effect in effects], [tasks.index(effect.task) for effect in effects])
        return cls(np.array(steps, np.uint32), values.astype(np.float32), np.array(rows, np.uint32))

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def reach(self) -> float:
        """How far most values go from 0, those of a task and itself left out."""
        others = np.arange(self.values.shape[-1])
        of = others[:, None] if self.rows is None else self.rows[:, None]
        return reach(self.values[..., of != others] if self.rows is None else self.values[of != others])

    def joined(self, new: "Maps") -> "Maps":
        """These and later ones, thinned to half when they are more than are kept."""
        rows = None if self.rows is None or new.rows is None else np.concatenate([self.rows, new.rows])
        both = Maps(np.concatenate([self.steps, new.steps]), np.concatenate([self.values, new.values]), rows)
        limit = most(self.values.shape[-1], rows is not None)
        return both if len(both) <= limit else both.thinned(max(limit // 2, 1))

    def within(self, size: int) -> "Maps":
        """As many as fit in so many bytes, at least one."""
        return self.thinned(max(size // _bytes(self.values.shape[-1], self.rows is not None), 1))

    def thinned(self, limit: int) -> "Maps":
        """At most so many: the first, the last, and others evenly over the steps; of rows first the newest of each."""
        if len(self) <= limit:
            return self
        if self.rows is None:
            keep = evenly(self.steps, limit)
        else:
            newest = np.sort(len(self) - 1 - np.unique(self.rows[::-1], return_index=True)[1])[-limit:]
            others = np.setdiff1d(np.arange(len(self)), newest)
            room = limit - len(newest)
            keep = np.sort(np.append(newest, others[evenly(self.steps[others], room)] if room else []).astype(int))
        return Maps(self.steps[keep], self.values[keep], None if self.rows is None else self.rows[keep])

    def packed(self) -> bytes:
        """Steps, task numbers if they are rows, and values: four bytes each."""
        words = [self.steps.astype("<u4"), self.values.astype("<f4")]
        if self.rows is not None:
            words.insert(1, self.rows.astype("<u4"))
        return b"".join(part.tobytes() for part in words)


def most(tasks: int, rows: bool) -> int:
    """How many maps of so many tasks, or rows of them, are kept."""
    return min(MOST, max(MOST_BYTES // _bytes(tasks, rows), 1))


def evenly(steps: NDArray, limit: int) -> NDArray:
    """At most so many places in increasing steps: the first, the last, and those nearest to equal distances between."""
    if len(steps) <= limit:
        return np.arange(len(steps))
    at = steps.astype(float)
    wanted = np.linspace(at[0], at[-1], limit) if limit > 1 else at[-1:]
    above = np.searchsorted(at, wanted).clip(1, len(at) - 1)
    return np.unique(above - (wanted - at[above - 1] < at[above] - wanted))


def _bytes(tasks: int, rows: bool) -> int:
    return WORD * (2 + tasks if rows else 1 + tasks**2)
