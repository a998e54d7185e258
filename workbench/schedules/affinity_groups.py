"""Groups of tasks that agree, in turn."""

from collections.abc import Sequence
from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, WorkbenchError, one_of, register
from workbench.schedules.base import Roster
from workbench.schedules.related import Related


@register("schedule", "affinity_groups", tags=("core",))
class AffinityGroups(Related):
    """Groups of tasks in turn: yours, or those whose gradients agree.

    Give ``groups`` (from ``wb.affinity``, say; a task in two of them trains in both turns), or leave them out: then
    tasks are joined into ``number`` groups by average linkage of the distances ``1 − c_ij``, c_ij the running mean of
    the cosine of their gradients, and anew at every look. Unlike ``son_goku`` it fixes how many groups there are, not
    how much tasks may disagree; it takes no look at gradients where groups are given.
    """

    groups: Annotated[
        list[list[str]] | None, Field(description="names of the tasks of each group; none: found while training")
    ] = None
    number: Annotated[int, Field(ge=1, description="how many groups are found"), Slider(1, 8)] = 2

    def begin(self, roster: Roster) -> None:
        super().begin(roster)
        if self.groups is not None:
            if faults := faults_of(self.groups, roster.names):
                raise WorkbenchError(*faults)
            self.found = [sorted(map(list(roster.names).index, group)) for group in self.groups]
        elif self.number > len(roster.names):
            raise WorkbenchError(
                f"Schedule 'affinity_groups': number = {self.number}, but there are {len(roster.names)} tasks; at most "
                f"{len(roster.names)} groups."
            )

    def due(self, step: int) -> bool:
        return self.groups is None and super().due(step)

    def groups_of(self, cosines: Tensor) -> list[list[int]]:
        return joined(cosines, self.number)


def faults_of(groups: list[list[str]], names: Sequence[str]) -> list[str]:
    """What is wrong with groups given by hand, one sentence each."""
    where, named = "Schedule 'affinity_groups': groups", [name for group in groups for name in group]
    faults = [f"{where} names no task {name!r}: {one_of(name, names)}." for name in named if name not in names]
    faults += [f"{where} has an empty group; every group needs a task." for group in groups if not group]
    faults += [f"{where} names a task twice in {group}." for group in groups if len(set(group)) < len(group)]
    faults += [f"{where} has no group with task {name!r}." for name in names if name not in named]
    return faults


def joined(cosines: Tensor, number: int) -> list[list[int]]:
    """Average linkage of ``1 − cosines [K, K]`` into so many groups, in the order of their first tasks."""
    from scipy.cluster.hierarchy import cut_tree, linkage
    from scipy.spatial.distance import squareform

    if len(cosines) == 1:
        return [[0]]
    tree = linkage(squareform((1 - cosines).clamp(min=0).fill_diagonal_(0).numpy(), checks=False), "average")
    label = cut_tree(tree, n_clusters=number)[:, 0].tolist()
    return [[i for i, its in enumerate(label) if its == group] for group in dict.fromkeys(label)]
