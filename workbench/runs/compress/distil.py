"""A small student of single-task teachers."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.component import WorkbenchError
from workbench.runs.baseline import baseline
from workbench.runs.compress.base import Made, Original, numbers
from workbench.spec import Spec
from workbench.tasks.base import Task
from workbench.training.evaluate import evaluate, outputs, score
from workbench.training.experiment import Experiment

#: settings of encoders that say how wide they are
WIDTHS = ("width", "channels", "units", "embedding")
#: fields in which a student's spec must be as the run's, so that it reads the same examples
SAME = ("problem", "tasks", "seed", "val_fraction", "test_fraction", "train_fraction", "folds", "fold")


def distil(
    original: Original,
    student: Any = None,
    temperature: float = 1.0,
    labels: float = 0.0,
    epochs: int | None = None,
    progress: bool = True,
) -> Made:
    """A smaller multi-task model that learns from the answers of single-task models, one teacher per task.

    ``L = Σ_k [(1 − a) D_k + a ℓ_k]``, with the distance to the teacher of task k

    - for classes ``D_k = T² KL(softmax(z_k^teacher / T) ‖ softmax(z_k / T))``: the teacher's doubts are taught as well;
    - for labels that are each yes or no, the same with two classes each, summed over labels;
    - for numbers ``D_k = ‖z_k − z_k^teacher‖²``, in units of the target's spread;

    and ℓ_k the task's own loss on its labels. With ``a = 0`` no label is looked at. Teachers are the single-task
    baseline of the run (``wb.baseline``, trained where it is missing). Every training example counts for every task,
    also where its label is missing: the teacher has an answer. Validation picks the epoch.

    Li & Bilen draw features together, through a linear adaptor per task; here it is the answers, as Hinton et al. have
    it, which needs no adaptor and no common place in the networks.

    Args:
        student: a Spec, or an encoder for the run's spec (a name, or a dict with settings); None: the run's encoder at
            half its width.
        temperature: T, above 0. The larger it is, the more tasks with classes weigh against tasks with numbers.
        labels: a, from 0 to 1.
        epochs: of the student; None: as the spec says.
        progress: show a progress bar where teachers have to be trained.

    Source: Li & Bilen, ECCV 2020 workshops (2007.06889); Hinton et al. 2015 (1503.02531).

    Raises:
        WorkbenchError: a setting out of range, a student that reads other examples, a task whose output is more than a
            tensor, or one that a linear model answers.
    """
    _check(original, temperature, labels, epochs)
    spec = _student(original.run.spec, student)
    spec = spec if epochs is None else spec.replace(epochs=epochs)
    taught = baseline(original.run.spec, progress, Path(original.run.path).parent)
    teacher, data, _ = taught.rebuilt()
    exp = Experiment(spec.replace(device="cpu"))
    rows = exp.data.splits["train"]
    answers = outputs(teacher, data.batch(rows)[0])
    loose = [name for name, answer in answers.items() if not isinstance(answer, Tensor)]
    if loose:
        raise WorkbenchError(
            f"Task {loose[0]!r} answers with more than a tensor and cannot be distilled; leave it out."
        )
    place = torch.full((int(rows.max()) + 1,), -1).index_copy(0, rows, torch.arange(len(rows)))
    history = _train(exp, answers, place, temperature, labels)
    teaches = ", ".join(f"{name} {task['metric']} {task['test']:.3f}" for name, task in taught.summary["tasks"].items())
    notes = [f"Teachers on test: {teaches}."]
    return Made("student", exp.model.eval(), exp.data, exp.spec, numbers(exp.model), notes, history=history)


def distance(task: Task, output: Tensor, answer: Tensor, temperature: float) -> Tensor:
    """Mean distance of a student's output to the teacher's, over everything in them; a scalar."""
    output, answer = output.float(), answer.float()
    if task.averages == "classes":
        logs, wanted = (F.log_softmax(x / temperature, dim=-1) for x in (output, answer))
        return temperature**2 * (wanted.exp() * (wanted - logs)).sum(-1).mean()
    if task.averages == "labels":
        share = torch.sigmoid(answer / temperature)
        yes = share * (F.logsigmoid(answer / temperature) - F.logsigmoid(output / temperature))
        no = (1 - share) * (F.logsigmoid(-answer / temperature) - F.logsigmoid(-output / temperature))
        return temperature**2 * (yes + no).sum(-1).mean()
    return (output - answer).square().mean()


def _train(exp: Experiment, answers: Mapping[str, Tensor], place: Tensor, temperature: float, labels: float) -> Any:
    """Train the student, and leave the model of its best validation in place; gives its curves."""
    import pandas as pd

    state: dict[str, Tensor] = {}
    best, found, number = -math.inf, [], 0
    factors = exp.lr_factors(0)
    for epoch in range(exp.spec.epochs):
        exp.enter(epoch)
        for rows, _ in exp.batches(epoch):
            number += 1
            exp.seed_step(number)
            views, targets = exp.data.batch(rows)
            lr = exp.spec.lr * next(factors)
            for group in exp.optimizer.param_groups:
                group["lr"] = lr
            given = exp.model(views)
            parts = []
            for task in exp.tasks:
                if not isinstance(given[task.name], Tensor):
                    raise WorkbenchError("A student needs one prediction per task; take fusion 'shared' for it.")
                part = (1 - labels) * distance(task, given[task.name], answers[task.name][place[rows]], temperature)
                parts.append(part + labels * task.loss(given[task.name], targets[task.name]) if labels else part)
            loss = torch.stack(parts).sum()
            penalty = exp.model.sharing.penalty()
            exp.optimizer.zero_grad()
            (loss if penalty is None else loss + penalty).backward()
            if not math.isfinite(loss.item()):
                raise WorkbenchError(f"The student's loss became infinite or NaN at step {number}; lower lr or labels.")
            if exp.spec.clip is not None:
                torch.nn.utils.clip_grad_norm_(exp.model.parameters(), exp.spec.clip)
            exp.optimizer.step()
            exp.model.sharing.advance()
        values = evaluate(exp.model, exp.data, "val", exp.spec.precision)
        found += [(epoch + 1, task, metric, values[task][metric]) for task, metric, _ in exp.metrics]
        now = score(values, exp.metrics)
        if not state or now > best:
            best, state = now, {name: x.detach().clone() for name, x in exp.model.state_dict().items()}
    exp.model.load_state_dict(state)
    return pd.DataFrame(found, columns=["epoch", "task", "metric", "value"])


def _check(original: Original, temperature: float, labels: float, epochs: int | None) -> None:
    faults = []
    if not (isinstance(temperature, int | float) and 0 < temperature < math.inf):
        faults.append(f"distil: temperature should be a number above 0, found {temperature!r}.")
    if not (isinstance(labels, int | float) and 0 <= labels <= 1):
        faults.append(f"distil: labels should be a number from 0 to 1, found {labels!r}.")
    if epochs is not None and not (isinstance(epochs, int) and epochs >= 1):
        faults.append(f"distil: epochs should be a whole number of at least 1, found {epochs!r}.")
    faults += [f"Task {name!r} is answered by a linear model, which is no teacher." for name in original.answers]
    if faults:
        raise WorkbenchError(*faults)


def _student(spec: Spec, student: Any) -> Spec:
    """The spec of the student.

    Raises:
        WorkbenchError: an encoder that cannot be halved, or a spec that reads other examples.
    """
    if isinstance(student, Spec):
        faults = [
            f"The student's {field} should be as the run's, {wanted!r}, found {found!r}."
            for field in SAME
            if (wanted := getattr(spec, field)) != (found := getattr(student, field))
        ]
        if faults:
            raise WorkbenchError(*faults)
        return student
    if student is not None:
        return spec.replace(encoder=student)
    name, _ = spec.chosen("encoder")
    settings = {key: value for key, value in dict(spec.to_dict()["encoder"]).items() if key != "name"}
    halved = {key: max(1, value // 2) for key, value in settings.items() if key in WIDTHS and isinstance(value, int)}
    if not halved:
        raise WorkbenchError(f"Encoder {name!r} has no width to be halved; name a student: student={{'name': 'mlp'}}.")
    return spec.replace(encoder={"name": name, **settings, **halved})
