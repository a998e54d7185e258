"""Networks for some tasks, linear models for the rest."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from workbench.component import Field, Slider, WorkbenchError, one_of, register
from workbench.schedules.base import Roster, Schedule


@register("schedule", "fallback", tags=("core",))
class Fallback(Schedule):
    """Only some tasks get a network; a linear model of scikit-learn answers for each of the others.

    ``λ_j = 1`` for the tasks that are trained, at every step, and 0 for the rest, and what is reached is
    ``J = Σ λ_j J_j + Σ (1 − λ_j) J_j^linear``, the sum of the tasks' mean losses (``run.summary["objective"]``;
    ``run.summary["tasks"][task]["answered_by"]`` says which model answered). Those left out are predicted by ridge or
    logistic regression on the same inputs, fitted once before training; evaluation and ``run.predict`` use them.

    Name the tasks to ``train``, or let ``capacity`` choose: those that linear models serve worst, by their skill on
    validation, ``1 − L / L₀`` with L₀ the loss of the best constant answer (of two alike the one named first). There is
    no linear model for tasks other than classification and regression, nor of texts as word numbers.
    """

    needs: ClassVar[str] = "reference"

    capacity: Annotated[
        int | None,
        Field(ge=1, description="how many tasks get a network; none: those named to train, or half of them"),
        Slider(1, 8),
    ] = None
    train: Annotated[
        list[str] | None, Field(description="names of the tasks that get a network; none: the least linear ones")
    ] = None

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        names, where = list(roster.names), "Schedule 'fallback'"
        faults = []
        if self.capacity is not None and self.capacity > len(names):
            faults.append(
                f"{where}: capacity = {self.capacity}, but there are {len(names)} tasks; at most {len(names)}."
            )
        if self.train is not None:
            faults += [f"{where}: train names no task {n!r}: {one_of(n, names)}." for n in self.train if n not in names]
            if not self.train:
                faults.append(f"{where}: train is empty; name at least one of {', '.join(names)}.")
            if len(set(self.train)) < len(self.train):
                faults.append(f"{where}: train names a task twice: {self.train}.")
            if self.capacity is not None and len(self.train) > self.capacity:
                faults.append(f"{where}: train names {len(self.train)} tasks, but capacity = {self.capacity}.")
        if faults:
            raise WorkbenchError(*faults)
        self.chosen = sorted(map(names.index, self.train)) if self.train else self.least_linear()

    def least_linear(self) -> list[int]:
        """Positions of the tasks that linear models serve worst, as many as there is capacity for."""
        skills = self.roster.skills()
        count = -(-len(skills) // 2) if self.capacity is None else self.capacity
        return sorted(sorted(range(len(skills)), key=skills.__getitem__)[:count])

    def active(self, step: int, tasks: int) -> Sequence[int]:
        return self.chosen

    def left_out(self) -> list[int]:
        return [i for i in range(len(self.roster.names)) if i not in self.chosen]
