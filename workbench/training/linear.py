"""Linear models of scikit-learn on the rows a run trains on: references, and what answers for a task left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.problems.base import Data
from workbench.tasks.base import Task

#: strengths of ridge regression that validation chooses from, and inverse strengths of logistic regression
ALPHAS = (0.01, 0.1, 1.0, 10.0, 100.0)
INVERSE = (0.01, 0.1, 1.0, 10.0)
UNSEEN = -1e4  # log-probability of a class without training rows
#: kind of task -> name of the model
MODELS = {"regression": "ridge", "classification": "logistic regression"}

Views = Mapping[str, Tensor]


@dataclass(frozen=True)
class Linear:
    """A fitted linear model of one task.

    Attributes:
        task: that it answers for.
        model: its name.
        penalty: alpha of ridge regression, or 1/C of logistic regression; validation chose it.
        output: views -> what a head of the task would give.
    """

    task: Task
    model: str
    penalty: float
    output: Callable[[Views], Tensor]


def linear_models(data: Data, tasks: Sequence[Task]) -> list[Linear]:
    """A linear model for each task, on data on the CPU.

    Regressions: scikit-learn's ``MultiOutputRegressor(Ridge())`` over all of them that have every label, one alone
    where labels are missing. Classifications: a ``LogisticRegression`` each. All read the encoded inputs of all views
    side by side, and the weights of rows where there are some; validation loss chooses the strength of the penalty,
    per task.

    Raises:
        WorkbenchError: texts as word numbers, or a task that is neither.
    """
    for task in tasks:
        if task.kind not in MODELS:
            raise WorkbenchError(
                f"There is no linear model for task {task.name!r}: it is a {task.kind.replace('_', ' ')}, not a "
                "classification or a regression."
            )
    x = columns(data.views)
    complete = [t for t in tasks if t.kind == "regression" and t.name not in data.labelled]
    groups = [complete] if complete else []
    groups += [[t] for t in tasks if t not in complete]
    found = {model.task.name: model for group in groups for model in _chosen(data, x, group)}
    return [found[task.name] for task in tasks]


def columns(views: Views) -> np.ndarray:
    """All views side by side, ``[rows, columns]``.

    Raises:
        WorkbenchError: texts as word numbers.
    """
    words = [name for name, view in views.items() if not view.is_floating_point()]
    if words:
        raise WorkbenchError(
            f"View {words[0]!r} holds words; a linear model needs columns: take an encoder that counts words."
        )
    return np.hstack([view.flatten(1).double().cpu().numpy() for view in views.values()])


def _chosen(data: Data, x: np.ndarray, group: list[Task]) -> list[Linear]:
    """The models of a group of tasks that are fitted together, each with the penalty that validation likes best."""
    kind, val = group[0].kind, data.splits["val"]
    candidates = [
        (penalty, _fitted(data, x, group, penalty))
        for penalty in (ALPHAS if kind == "regression" else [1 / c for c in INVERSE])
    ]
    found = []
    for i, task in enumerate(group):
        target = data.targets[task.name][val]
        losses = [float(task.loss(fit(x[val.numpy()])[i], target)) for _, fit in candidates]
        penalty, fit = candidates[int(np.argmin(losses))]
        found.append(Linear(task, MODELS[kind], penalty, _answer(fit, i)))
    return found


def _answer(fit: Callable[[np.ndarray], list[Tensor]], i: int) -> Callable[[Views], Tensor]:
    return lambda views: fit(columns(views))[i]


def _fitted(data: Data, x: np.ndarray, group: list[Task], penalty: float) -> Callable[[np.ndarray], list[Tensor]]:
    """Columns -> the output of each task of a group, as a head would give it."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputRegressor

    train = data.splits["train"]
    train = train[group[0].present(data.targets[group[0].name][train])]
    weights = None if data.row_weights is None else data.row_weights[train].numpy()
    if group[0].kind == "regression":
        y = torch.stack([data.targets[task.name][train] for task in group], dim=1).numpy()
        ridge = MultiOutputRegressor(Ridge(alpha=penalty)).fit(x[train.numpy()], y, sample_weight=weights)
        return lambda rows: list(torch.from_numpy(ridge.predict(rows)).T.unsqueeze(-1))
    classes = data.targets[group[0].name][train].numpy()
    model = LogisticRegression(C=1 / penalty, max_iter=1000).fit(x[train.numpy()], classes, sample_weight=weights)
    count = len(group[0].classes)  # type: ignore[attr-defined]

    def logits(rows: np.ndarray) -> list[Tensor]:
        found = torch.full((len(rows), count), UNSEEN, dtype=torch.float64)
        found[:, model.classes_] = torch.from_numpy(model.predict_log_proba(rows))
        return [found]

    return logits


def skill(model: Linear, data: Data) -> float:
    """How far a model comes on validation, from 0 (no better than a constant) to 1 (no error).

    ``1 − L / L₀`` with the task's own loss, L₀ that of the best constant answer on the training rows (the mean, or the
    shares of the classes).
    """
    task, val = model.task, data.splits["val"]
    target = data.targets[task.name][val]
    views = {name: view[val] for name, view in data.views.items()}
    loss, base = (
        float(task.loss(model.output(views), target)),
        float(task.loss(_constant(data, task, len(val)), target)),
    )
    return 1 - loss / base if base > 0 else 0.0


def _constant(data: Data, task: Task, rows: int) -> Tensor:
    """The output of the best constant answer: the mean of the training labels, or the log of the classes' shares."""
    train = data.targets[task.name][data.splits["train"]]
    train = train[task.present(train)]
    if task.kind == "regression":
        return train.double().mean().expand(rows, 1)
    shares = torch.bincount(train, minlength=len(task.classes)).double() / len(train)  # type: ignore[attr-defined]
    return shares.log().clamp(min=UNSEEN).expand(rows, -1)
