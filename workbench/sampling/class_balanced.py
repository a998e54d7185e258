"""All classes of a task equally often."""

from typing import Annotated, Any

import torch
from torch import Tensor

from workbench.component import Field, WorkbenchError, one_of, register
from workbench.sampling.base import Pool, Sampling, drawn


@register("sampling", "class_balanced", tags=("core",))
class ClassBalanced(Sampling):
    """All classes of one task equally often: examples of rare classes are repeated, those of common ones thinned.

    An example of class c is drawn with a probability proportional to ``1 / n_c``, n_c the number of training examples
    of its class; examples without a label of the task keep the share that they have. Other tasks see the same draws, so
    their classes may become less balanced. The loss ``class_balanced`` weighs labels instead and repeats nothing.
    """

    task: Annotated[str | None, Field(description="whose classes; none: the first classification")] = None

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        """A task that the problem lacks, or that is not learned."""
        task = spec.chosen("sampling")[1].get("task")
        try:
            names = spec.tasks or spec.build("problem").task_names()
        except WorkbenchError:  # the problem says so itself
            return []
        return [] if task in (None, *names) else [f"Spec: sampling names the task {task!r}: {one_of(task, names)}."]

    def begin(self, pool: Pool) -> None:
        if not pool.labels:
            raise WorkbenchError("Sampling 'class_balanced' needs a task with one class per example; here is none.")
        if self.task not in (None, *pool.labels):
            raise WorkbenchError(
                f"Sampling 'class_balanced': task {self.task!r} has no classes: {one_of(self.task, pool.labels)}."
            )

    def order(self, pool: Pool, generator: torch.Generator) -> Tensor:
        labels = next(iter(pool.labels.values())) if self.task is None else pool.labels[self.task]
        present = labels >= 0
        counts = torch.bincount(labels[present])
        share = present.sum() / (counts > 0).sum()  # examples that each class is worth
        weights = torch.where(present, share / counts[labels.clamp(min=0)].clamp(min=1), 1.0)
        return pool.rows[drawn(weights, len(pool), generator, strata=labels)]
