"""Tasks that fight never train together: colouring of the graph of conflicts."""

from typing import Annotated

from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.schedules.related import Related


@register("schedule", "son_goku", source="Patapati 2025, arXiv 2509.16959 (SON-GOKU)")
class SonGoku(Related):
    """Tasks whose gradients conflict never train together: the colours of the graph of conflicts in turn.

    Tasks i and j conflict where ``−c_ij > τ``, c_ij the running mean of the cosine of their gradients. Tasks are
    coloured greedily, those with most conflicts first (of two alike the one named first), each with the first colour
    that no task has with which it conflicts: at most one colour more than the most conflicts of a task. Each step
    trains the tasks of one colour. Where nobody conflicts, all train always.

    Running means are of the cosines of single batches; the paper takes cosines of running means of the gradients
    (kept as sketches), in which noise shrinks first. Cosines near 0 have an uncertain sign, so a τ of 0 sees conflicts
    in noise; the default is ours. A task's training takes as many times more steps as there are colours.
    """

    tau: Annotated[
        float, Field(ge=-1, le=1, description="τ: how much tasks must disagree to conflict"), Slider(-0.5, 0.5)
    ] = 0.05

    def groups_of(self, cosines: Tensor) -> list[list[int]]:
        conflicts = -cosines > self.tau
        return coloured((conflicts.fill_diagonal_(False)).tolist())


def coloured(conflicts: list[list[bool]]) -> list[list[int]]:
    """The positions of each colour, ascending.

    Args:
        conflicts: symmetric, ``[K][K]``, nothing conflicts with itself.
    """
    colour: dict[int, int] = {}
    for i in sorted(range(len(conflicts)), key=lambda i: -sum(conflicts[i])):
        taken = {colour[j] for j in colour if conflicts[i][j]}
        colour[i] = next(c for c in range(len(conflicts)) if c not in taken)
    return [[i for i in range(len(conflicts)) if colour[i] == c] for c in range(max(colour.values()) + 1)]
