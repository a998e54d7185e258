"""Methods side by side."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.component import WorkbenchError, one_of
from workbench.runs.compare.front import non_dominated, reference_point, volume
from workbench.runs.page import drawn, write_page

if TYPE_CHECKING:
    import pandas as pd

    from workbench.plots import Figure

__all__ = ["Comparison"]


class Comparison:
    """Methods side by side.

    Attributes:
        frame: one row per method: ``against``, the single-task models that it is measured against (empty for these
            themselves), test metric and test loss of every task (means over seeds), the change ``Δ task`` of each in %,
            ``delta_m`` (averaged over tasks) and ``delta_m_metrics`` (over metrics) in % against single tasks,
            positive is better, the 95 % interval ``low`` to ``high`` of ``delta_m`` (the wider of a paired bootstrap
            and Student's t over seeds), ``improves`` (part of the seeds in which it beats single tasks), ``mean_rank``
            (by test metrics, over the seeds that all methods have), ``verdict``, ``val`` (validation score that it was
            chosen by, equal steps), ``val_in_time`` (the best one within equal time), ``lr``, steps, ``seconds``
            (median over seeds), parameters, steered.
        notes: what to keep in mind when reading it.
        card: how it was made: baseline, learning rates tried, seeds, selector, conventions.
        front: a row per set of fixed weights: ``w task``, test metric and ``task loss`` of each, ``on_front``
            (no other has losses as low in every task and lower in one); None unless it was asked for.
        higher: of every task, whether more of its metric is better.
    """

    def __init__(
        self,
        frame: "pd.DataFrame",
        notes: list[str],
        card: dict[str, str] | None = None,
        front: "pd.DataFrame | None" = None,
        higher: dict[str, bool] | None = None,
    ) -> None:
        self.frame, self.notes, self.card, self.front, self.higher = frame, notes, card or {}, front, higher or {}

    def figure(self) -> "Figure":
        """Δm of every method with its interval, and the change of each task."""
        from workbench.plots import delta_m

        return delta_m(self.frame[self.frame["against"] != ""])

    def dumbbells(self) -> "Figure":
        """Per task: the test metric of every method, joined to that of the single-task model."""
        from workbench.plots import dumbbells

        return dumbbells(self.frame)

    def plane(self, x: str | None = None, y: str | None = None, metric: bool = False) -> "Figure":
        """Two tasks against each other: the test loss of every method, and the front of fixed weights behind them.

        The front is that of the two quantities drawn: no other set of weights is as good in both and better in one.

        Args:
            x, y: tasks; by default the first two.
            metric: draw their metrics in place of their losses.

        Raises:
            WorkbenchError: an unknown task, or fewer than two.
        """
        from workbench.plots import plane

        tasks = self.tasks
        if len(tasks) < 2:
            raise WorkbenchError(f"A plane needs two tasks; this comparison has {len(tasks)}.")
        x, y = x or tasks[0], y or next(task for task in tasks if task != (x or tasks[0]))
        for task in (x, y):
            if task not in tasks:
                raise WorkbenchError(f"This comparison has no task {task!r}: {one_of(task, tasks)}.")
        first, second = (self._column(task) if metric else f"{task} loss" for task in (x, y))
        signs = [-1 if metric and self.higher[task] else 1 for task in (x, y)]
        front = self.front
        if front is not None:
            front = front.assign(on_front=non_dominated(front[[first, second]].to_numpy() * signs))
        title = f"{x} against {y}" + ("" if metric else ": lower left is better")
        return plane(self.frame, front, first, second, title)

    def cost(self) -> "Figure":
        """What a gain costs: Δm against seconds of training."""
        from workbench.plots import gain_for_time

        return gain_for_time(self.frame)

    def report(self, path: "str | Path" = "comparison.html") -> Path:
        """Write one self-contained page: table, card, notes and every figure. Returns its path.

        Raises:
            WorkbenchError: it cannot be written.
        """
        figures = [self.figure(), self.dumbbells(), *([self.plane()] if len(self.tasks) > 1 else []), self.cost()]
        table = self.frame.to_html(index=False, float_format="{:.3f}".format, na_rep="–", border=0)
        listed = "".join(f"<li>{escape(line)}</li>" for line in self.lines)
        body = f'<div class="wide">{table}</div><ul>{listed}</ul>{drawn(figures)}'
        return write_page(Path(path), "Comparison", body)

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks."""
        return [column[2:] for column in map(str, self.frame.columns) if column.startswith("Δ ")]

    def hypervolume(self) -> dict[str, float]:
        """The area of test losses that the fixed weights dominate, for two tasks, with its reference point.

        Returns:
            ``front``, and the reference point ``z1``, ``z2``: a tenth of the spread beyond the worst loss of each task.

        Raises:
            WorkbenchError: there is no front, or not of two tasks.
        """
        if self.front is None or len(self.tasks) != 2:
            raise WorkbenchError("A hypervolume needs two tasks and a front: wb.compare(specs, front=9).")
        losses = self.front[[f"{task} loss" for task in self.tasks]].to_numpy()
        z = reference_point(losses)
        return {"front": volume(losses, z), "z1": z[0], "z2": z[1]}

    def _column(self, task: str) -> str:
        return next(column for column in map(str, self.frame.columns) if column.startswith(f"{task} "))

    @property
    def lines(self) -> list[str]:
        """The notes, then the card, a sentence each."""
        return [*self.notes, *(f"{key}: {text}." for key, text in self.card.items())]

    def __repr__(self) -> str:
        return "\n".join([self.frame.to_string(index=False, float_format="{:.3f}".format), *self.lines])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.lines)
        return self.frame.to_html(index=False, float_format="{:.3f}".format, na_rep="–") + f"<ul>{notes}</ul>"
