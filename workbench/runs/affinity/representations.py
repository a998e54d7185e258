"""What single-task networks make of the same inputs."""

from typing import TYPE_CHECKING, Any

import torch

from workbench.runs.affinity.brought import Brought, some_rows
from workbench.runs.affinity.sources import Train
from workbench.runs.baseline import baseline_spec
from workbench.training.experiment import load

if TYPE_CHECKING:
    from workbench.spec import Spec

#: validation examples of a measure that does not say how many
EXAMPLES = 512
#: examples in one forward pass
CHUNK = 128


def representations(spec: "Spec", measure: Any, train: Train) -> Brought:
    """The pooled features that every head reads in the single-task baseline, on validation examples."""
    (run,) = train([baseline_spec(spec)])
    model, data = run.model(), load(run.spec, run.spec.build("encoder"))
    rows = some_rows(data, "val", getattr(measure, "examples", EXAMPLES))
    with torch.no_grad():
        parts = [model.sharing(data.batch(part)[0], data.names) for part in rows.split(CHUNK)]
    given = {name: torch.cat([part[name].pooled for part in parts]) for name in data.names}
    return Brought(measure.estimate(given), data.names, run.summary["steps"] * len(data.names))
