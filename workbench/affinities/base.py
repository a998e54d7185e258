"""How much tasks help each other.

A measure is a function of what it ``needs``; others bring that to it:

=====================  ==================================  ===========================================================
``needs``              call                                of
=====================  ==================================  ===========================================================
``"gramian"``          ``measure(G, losses, lr)``          Gramian of the task gradients of a step, ``[K, K]``
``"lookahead"``        ``measure(before, after)``          losses before, and after a step for each task alone
``"labels"``           ``estimate(labels)``                the training labels of every task
``"representations"``  ``estimate(features)``              task -> what its own network makes of the same inputs
``"subsets"``          ``estimate(results)``               results of training on subsets of the tasks
``"examples"``         ``estimate(examples)``              gradients of single examples at one trained model
=====================  ==================================  ===========================================================

The first two are *live*: they are measured while a run trains. The others are *studies* of their own. Every map has
rows = "train on this task", columns = "does it help that one", and larger means more help.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from workbench.component import Component, Field

#: as many maps a run has at least, where the user leaves their distance open
MAPS = 10

Layers = Annotated[bool, Field(description="measure every layer of the shared part on its own, too")]


class AffinityMeasure(Component):
    """Base of all measures."""

    #: the map is symmetric
    symmetric: ClassVar[bool] = True
    #: the colours of its heatmap go this far on both sides of 0; None: as far as its own values
    limit: ClassVar[float | None] = None


class Live(AffinityMeasure):
    """Base of the measures taken while a run trains."""

    every: Annotated[
        int | None,
        Field(
            ge=1,
            description="steps between two maps; none: training slows by about 2 % at most, but a short run has ten",
        ),
    ] = None

    def period(self, tasks: int, gradients: bool, steps: int) -> int:
        """Steps between two maps.

        Where the user leaves it open, a run too short for ten maps at the default distance has them all the same. It
        slows by more than others, but not for long: ten maps take about as long as 4 K steps without task gradients
        do (lookahead: 15 K), for K tasks.

        Args:
            tasks: how many there are.
            gradients: the weighting takes task gradients anyway.
            steps: of the whole run.
        """
        return self.every or min(self.default_period(tasks, gradients), max(1, steps // MAPS))

    @abstractmethod
    def default_period(self, tasks: int, gradients: bool) -> int:
        """Steps between two maps where the user leaves it open, in a run that is long enough for ten."""

    @abstractmethod
    def cost(self, tasks: int) -> int:
        """Backward passes of single tasks that one map takes."""


class FromGramian(Live):
    """Base of the measures that are functions of the Gramian of the task gradients."""

    needs: ClassVar[str] = "gramian"
    layers: Layers = False

    @abstractmethod
    def measure(self, G: Tensor, losses: Tensor, lr: float) -> Tensor:
        """The map ``[K, K]``.

        Args:
            G: ``JJᵀ``, ``[K, K]``, of the tasks present; of all shared parameters, or of one layer's.
            losses: of these tasks, ``[K]``.
            lr: learning rate of the step.
        """

    def default_period(self, tasks: int, gradients: bool) -> int:
        return 10 if gradients else 36 * tasks

    def cost(self, tasks: int) -> int:
        return tasks


class Estimate(NamedTuple):
    """A map and how sure it is.

    Attributes:
        matrix: ``[K, K]``, rows = train on, columns = helps; NaN where it cannot be said.
        se: standard error of every entry, ``[K, K]``; NaN where nothing is known of it.
        freedom: degrees of freedom of that error, which is itself uncertain where it comes from few seeds or groups.
    """

    matrix: Tensor
    se: Tensor
    freedom: float = float("inf")


class Study(AffinityMeasure):
    """Base of the measures that are a study of their own: data, or networks trained for the purpose."""

    @abstractmethod
    def estimate(self, given: Any) -> Estimate:
        """The map of what the measure needs.

        Args:
            given: see the table above.

        Raises:
            WorkbenchError: tasks of which the measure can say nothing.
        """

    @classmethod
    def objections(cls, spec: Any) -> list[str]:
        return [
            f"Spec: affinity {cls.name!r} is not measured while a run trains; ask wb.affinity(spec, {cls.name!r}), and "
            "take 'gradient_cosine' in the spec."
        ]


class Labels(NamedTuple):
    """The training labels of a task: a study that needs ``"labels"`` gets one per task.

    Attributes:
        name: of the task.
        values: class numbers ``int64[n]``, or one per word ``int64[n, words]``; or numbers ``float64[n, columns]``.
        present: which labels are there, ``bool[n]`` or ``bool[n, words]``; of several columns all or none count.
    """

    name: str
    values: Tensor
    present: Tensor


class Subsets(NamedTuple):
    """Results of training on subsets of the tasks: what a study that needs ``"subsets"`` gets.

    Attributes:
        names: of the tasks.
        results: per repetition (a seed): set of tasks -> result of each of them; for all it holds.
        higher_is_better: per task.
    """

    names: Sequence[str]
    results: Sequence[Mapping[frozenset[str], Mapping[str, float]]]
    higher_is_better: Mapping[str, bool]


class Examples(NamedTuple):
    """Single examples at one trained model, to first order: one per task for a study that needs ``"examples"``.

    Attributes:
        name: of the task.
        kind: ``"margin"``: an output is the log-odds of the right class, its loss ``log(1 + exp(−output))``;
            ``"residual"``: prediction minus label in units of the label's spread, its loss ``output²``.
        outputs: of the training and of the validation examples, ``float64[n]`` each.
        blank: the same outputs, had the head given 0 throughout.
        gradients: of every output with respect to the shared parameters, projected, ``float64[n, d]`` each.
    """

    name: str
    kind: str
    outputs: tuple[Tensor, Tensor]
    blank: tuple[Tensor, Tensor]
    gradients: tuple[Tensor, Tensor]


def off_diagonal(tasks: int) -> Tensor:
    """Which entries are between two different tasks, ``bool[K, K]``."""
    return ~torch.eye(tasks, dtype=torch.bool)
