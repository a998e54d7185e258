"""Where a measure gets what it needs: a run, the labels, or networks trained for the purpose."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.runs.affinity.result import Affinity

if TYPE_CHECKING:
    from workbench.runs.run import Run
    from workbench.spec import Spec

#: maps that a run trained for the purpose measures, about
MAPS = 40

#: what a study needs -> what brings it: gives the matrix, its standard errors, the names, and the gradient evaluations
SOURCES: dict[str, Callable[["Spec", Any], tuple[Any, Any, list[str], int]]] = {}


def live(source: "Spec | Run", measure: Any) -> Affinity:
    """The maps of a run that has them, else of a run of the same spec trained with them."""
    from workbench.runs.baseline import find
    from workbench.runs.run import Run
    from workbench.runs.train import train
    from workbench.training.experiment import load, pool_of

    chosen = {key: getattr(measure, key) for key in measure.settings()}
    spec = source.spec if isinstance(source, Run) else source
    asked = {key: value for key, value in chosen.items() if value != measure.settings()[key].default}
    if isinstance(source, Run) and spec.affinity is not None and spec.chosen("affinity") == (measure.name, asked):
        return source.affinity
    if measure.every is None:
        steps = spec.epochs * pool_of(load(spec, spec.build("encoder")), spec.batch_size).steps
        chosen["every"] = max(1, steps // MAPS)
    wanted = spec.replace(affinity={"name": measure.name, **chosen})
    run = find(wanted) or train(wanted, progress=False)
    return run.affinity.with_cost(run.summary["steps"] * len(run.tasks))
