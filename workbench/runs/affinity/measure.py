"""Ask how much the tasks of a spec or a run help each other."""

from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.affinities.base import Estimate, Live
from workbench.component import WorkbenchError, component, one_of
from workbench.runs.affinity.result import Affinity
from workbench.runs.affinity.sources import live, sources

if TYPE_CHECKING:
    from workbench.runs.run import Run
    from workbench.spec import Spec


def affinity(
    source: "Spec | Run",
    method: str = "gradient_cosine",
    *,
    executor: Executor | str | None = None,
    workers: int | None = None,
    **settings: Any,
) -> Affinity:
    """How much the tasks of a spec or a run help each other.

    Measures taken while training are read from a run that has them; otherwise its spec is trained again with them
    (about forty maps over the run, unless ``every`` says otherwise). The others need no run: they look at the labels,
    or train what networks they need, which are kept in the store and found again.

    Args:
        source: a run, or a spec.
        method: a member of the family ``affinity``.
        executor, workers: as for ``wb.sweep``, where networks are to be trained (``transfer`` trains many); default:
            one after the other in this process.
        settings: of that measure.

    Raises:
        WorkbenchError: an unknown method or setting, or nothing to measure (one task, nothing shared).
    """
    from workbench.runs.run import Run
    from workbench.runs.sweep.scheduler import here_unless, sweep

    measure: Any = component("affinity", method)(**settings)
    spec = source.spec if isinstance(source, Run) else source
    if len(spec.build("problem").check_tasks(spec.tasks)) < 2:
        raise WorkbenchError("Affinity is between two tasks; this spec has one.")
    train = partial(sweep, executor=here_unless(executor, workers), workers=workers, progress=False)
    if isinstance(measure, Live):
        return live(source, measure, train)
    known = sources()
    if measure.needs not in known:
        raise WorkbenchError(f"affinity {method!r} needs {measure.needs!r}: {one_of(measure.needs, known)}.")
    estimate, names, cost = known[measure.needs](spec, measure, train)
    matrix, se, freedom = Estimate(*estimate)
    facts = {"cost": cost, "symmetric": measure.symmetric, "limit": measure.limit, "freedom": freedom}
    return Affinity.from_estimate(matrix, se, names, method, **facts)
