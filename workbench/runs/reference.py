"""Linear models of scikit-learn on the same rows: what a network has to beat."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.problems.base import Data
from workbench.spec import Spec
from workbench.tasks.base import Task
from workbench.training.experiment import load

if TYPE_CHECKING:
    import pandas as pd

#: strengths of ridge regression that validation chooses from, and inverse strengths of logistic regression
ALPHAS = (0.01, 0.1, 1.0, 10.0, 100.0)
INVERSE = (0.01, 0.1, 1.0, 10.0)
UNSEEN = -1e4  # log-probability of a class without training rows


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
    x = _columns(data)
    complete = [t for t in data.tasks if t.kind == "regression" and t.name not in data.labelled]
    groups = [complete] if complete else []
    groups += [[t] for t in data.tasks if t.kind in ("regression", "classification") and t not in complete]
    if not groups:
        raise WorkbenchError("There is no linear reference: none of the tasks is a classification or a regression.")
    rows = [row for group in groups for row in _rows(data, x, group)]
    order = {name: i for i, name in enumerate(data.names)}
    rows.sort(key=lambda row: order[row["task"]])
    return pd.DataFrame(rows)


def _columns(data: Data) -> np.ndarray:
    words = [name for name, view in data.views.items() if not view.is_floating_point()]
    if words:
        raise WorkbenchError(
            f"View {words[0]!r} holds words; a linear reference needs columns: take an encoder that counts words."
        )
    return np.hstack([view.flatten(1).double().numpy() for view in data.views.values()])


def _rows(data: Data, x: np.ndarray, group: list[Task]) -> list[dict[str, Any]]:
    """The results of a group of tasks that are fitted together."""
    kind = group[0].kind
    candidates = [
        (penalty, _fitted(data, x, group, penalty))
        for penalty in (ALPHAS if kind == "regression" else [1 / c for c in INVERSE])
    ]
    rows = []
    for i, task in enumerate(group):
        val, test = (data.targets[task.name][data.splits[split]] for split in ("val", "test"))
        losses = [float(task.loss(outputs["val"][i], val)) for _, outputs in candidates]
        penalty, outputs = candidates[int(np.argmin(losses))]
        found = {"val": task.metrics(outputs["val"][i], val), "test": task.metrics(outputs["test"][i], test)}
        for metric in sorted(found["test"], key=lambda name: name != task.metric):
            rows.append(
                {
                    "task": task.name,
                    "model": "ridge" if kind == "regression" else "logistic regression",
                    "metric": metric,
                    "val": found["val"][metric],
                    "test": found["test"][metric],
                    "penalty": penalty,
                }
            )
    return rows


def _fitted(data: Data, x: np.ndarray, group: list[Task], penalty: float) -> dict[str, list[Tensor]]:
    """``val`` / ``test`` -> the output of each task of a group, as a head would give it."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputRegressor

    train = data.splits["train"]
    train = train[group[0].present(data.targets[group[0].name][train])]
    weights = None if data.row_weights is None else data.row_weights[train].numpy()
    views = {split: x[data.splits[split].numpy()] for split in ("val", "test")}
    if group[0].kind == "regression":
        y = torch.stack([data.targets[task.name][train] for task in group], dim=1).numpy()
        ridge = MultiOutputRegressor(Ridge(alpha=penalty)).fit(x[train.numpy()], y, sample_weight=weights)
        found = {split: torch.from_numpy(ridge.predict(rows)) for split, rows in views.items()}
        return {split: list(y.T.unsqueeze(-1)) for split, y in found.items()}
    classes = data.targets[group[0].name][train].numpy()
    model = LogisticRegression(C=1 / penalty, max_iter=1000).fit(x[train.numpy()], classes, sample_weight=weights)
    outputs = {}
    for split, rows in views.items():
        logits = torch.full((len(rows), len(group[0].classes)), UNSEEN, dtype=torch.float64)  # type: ignore[attr-defined]
        logits[:, model.classes_] = torch.from_numpy(model.predict_log_proba(rows))
        outputs[split] = [logits]
    return outputs
