"""Linear models of scikit-learn on the same rows: what a network has to beat."""

from typing import TYPE_CHECKING

from workbench.component import WorkbenchError
from workbench.spec import Spec
from workbench.training.experiment import load
from workbench.training.linear import MODELS, linear_models

if TYPE_CHECKING:
    import pandas as pd


def reference(spec: Spec) -> "pd.DataFrame":
    """Linear reference models for the tasks of a spec: the same rows, splits, inputs and metrics as a run of it.

    Regressions: scikit-learn's ``MultiOutputRegressor(Ridge())`` over all of them that have every label, one alone
    where labels are missing. Classifications: a ``LogisticRegression`` each. All read the encoded inputs of all views
    side by side, and the weights of rows where there are some; validation loss chooses the strength of the penalty,
    per task. Nothing is shared, so these are single-task references; other kinds of tasks have none.

    Args:
        spec: what counts of it are problem, tasks, splits and seed, and for texts the encoder (one that counts words).

    Returns:
        one row per task and metric, the conventional metric first: ``task``, ``model``, ``metric``, ``val``, ``test``,
        ``penalty`` (alpha, or 1/C).

    Raises:
        WorkbenchError: texts as word numbers, or no classification and no regression.
    """
    import pandas as pd

    data = load(spec, spec.build("encoder"))
    tasks = [task for task in data.tasks if task.kind in MODELS]
    if not tasks:
        raise WorkbenchError("There is no linear reference: none of the tasks is a classification or a regression.")
    rows = []
    for model in linear_models(data, tasks):
        found = {}
        for split in ("val", "test"):
            place = data.splits[split]
            output = model.output({name: view[place] for name, view in data.views.items()})
            found[split] = model.task.metrics(output, data.targets[model.task.name][place])
        for metric in sorted(found["test"], key=lambda name: name != model.task.metric):
            facts = {"task": model.task.name, "model": model.model, "metric": metric}
            rows.append({**facts, **{split: found[split][metric] for split in found}, "penalty": model.penalty})
    return pd.DataFrame(rows)
