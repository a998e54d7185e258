"""Where a measure gets what it needs: a run, the labels, or networks trained for the purpose."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.component import WorkbenchError
from workbench.runs.affinity.result import Affinity

if TYPE_CHECKING:
    from workbench.runs.affinity.brought import Brought
    from workbench.runs.run import Run
    from workbench.spec import Spec

#: finished runs of specs, in their order
Train: TypeAlias = "Callable[[list[Spec]], list[Run]]"
#: maps that a run trained for the purpose measures, about
MAPS = 40


def sources() -> "dict[str, Callable[[Spec, Any, Train], Brought]]":
    """What a study needs -> what brings it and asks the measure; the last argument trains what is not in the store."""
    from workbench.runs.affinity.examples import examples
    from workbench.runs.affinity.labels import labels
    from workbench.runs.affinity.representations import representations
    from workbench.runs.affinity.subsets import subsets

    return {"labels": labels, "representations": representations, "subsets": subsets, "examples": examples}


def live(source: "Spec | Run", measure: Any, train: Train) -> Affinity:
    """The maps of a run that has them, else of a run of the same spec trained with them.

    Raises:
        WorkbenchError: nothing is shared.
    """
    from workbench.runs.run import Run
    from workbench.training.experiment import Experiment

    chosen = {key: getattr(measure, key) for key in measure.settings()}
    spec = source.spec if isinstance(source, Run) else source
    asked = {key: value for key, value in chosen.items() if value != measure.settings()[key].default}
    if isinstance(source, Run) and spec.affinity is not None and spec.chosen("affinity") == (measure.name, asked):
        return source.affinity
    exp = Experiment(spec.replace(device="cpu"))
    if not exp.shared:
        raise WorkbenchError(nothing_shared(spec))
    if measure.every is None:
        chosen["every"] = max(1, exp.steps // MAPS)
    wanted = spec.replace(affinity={"name": measure.name, **chosen})
    (run,) = train([wanted])
    return run.affinity.with_cost(run.summary["steps"] * len(run.tasks))


def nothing_shared(spec: "Spec") -> str:
    """Why there is no affinity to measure where every task has a network of its own."""
    return (
        f"Fusion {spec.chosen('fusion')[0]!r} shares no parameter, so there is no gradient to compare; take shared, "
        "or another that shares some."
    )
