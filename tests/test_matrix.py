"""Every way of sharing × every kind of weighting × one problem of each kind of data: a step, a checkpoint, a copy that
goes on to the same numbers, and predictions."""

from functools import cache

import pytest
import torch

from workbench.component import WorkbenchError, component, members
from workbench.runs.folder import RunFolder
from workbench.spec import Spec
from workbench.training.evaluate import outputs
from workbench.training.experiment import Experiment
from workbench.training.state import State
from workbench.training.step import step

#: kind of data -> a small problem with a small encoder
DATA = {
    "vectors": {"problem": {"name": "table", "path": "wine"}, "encoder": {"name": "mlp", "width": 8}},
    "image": {
        "problem": "digits",
        "tasks": ["digit", "ink"],
        "encoder": {"name": "cnn", "channels": 4, "blocks": 2, "width": 8},
    },
    "text": {
        "problem": {"name": "intents", "count": 100, "decoder": "crf"},
        "encoder": {"name": "bilstm", "embedding": 8, "units": 4},
    },
    "maps": {
        "problem": {"name": "scenes", "rows": 60, "size": 16},
        "encoder": {"name": "fcn", "channels": 8, "context": 1},
    },
}
#: kind of weighting -> one of its kind, and where task gradients are taken
WEIGHTINGS = {
    "losses": ("uncertainty", "exact"),
    "gramian": ("pcgrad", "exact"),
    "representation": ("mgda", "representation"),
    "cross_gramian": ("sdmgrad", "exact"),
    "jacobian": ("graddrop", "exact"),
    "validation": ("auto_lambda", "exact"),
}
FUSIONS = list(members("fusion"))
MATRIX = [(fusion, data, kind) for data in DATA for fusion in FUSIONS for kind in WEIGHTINGS]


@cache
def whole(data: str) -> Spec:
    return Spec(**DATA[data], batch_size=8, affinity=None)


def spec_of(fusion: str, data: str, kind: str) -> Spec:
    weighting, gradients = WEIGHTINGS[kind]
    return whole(data).replace(fusion=fusion, weighting=weighting, gradients=gradients)


def steps(exp: Experiment, numbers: range) -> list[torch.Tensor]:
    told = []
    for number in numbers:
        _, rows = exp.batches(0)[number]
        measured = step(exp, rows, list(range(len(exp.names))), number + 1, False)
        told += [measured.losses, measured.weights]
    return told


@pytest.mark.parametrize(("fusion", "data", "kind"), MATRIX, ids=["-".join(cell) for cell in MATRIX])
def test_it_trains_resumes_and_predicts(fusion, data, kind, tmp_path):
    one_representation = component("fusion", fusion).one_representation
    if kind == "representation" and not one_representation:
        with pytest.raises(WorkbenchError, match="representation"):
            spec_of(fusion, data, kind)
        return
    spec = spec_of(fusion, data, kind)
    first = State(Experiment(spec))
    before = first.snapshot()
    told = steps(first.exp, range(2))
    assert all(bool(torch.isfinite(x).all()) for x in told)
    after = first.snapshot()
    assert any(not torch.equal(after[key], before[key]) for key in before)

    folder = RunFolder.create(spec, tmp_path)
    folder.open()
    folder.save(first)
    second = State(Experiment(spec))
    folder.load(second)
    folder.close()
    for mine, theirs in zip(steps(first.exp, range(2, 4)), steps(second.exp, range(2, 4)), strict=True):
        assert torch.equal(mine, theirs)

    views, targets = second.exp.data.batch(second.exp.data.splits["test"][:5])
    found = outputs(second.exp.model, views)
    for task in second.exp.data.tasks:
        answer = task.predict(found[task.name])
        assert len(answer) == len(targets[task.name])
        assert task.metric in task.metrics(found[task.name], targets[task.name])


def test_the_matrix_is_whole():
    assert len(FUSIONS) >= 19
    assert len(MATRIX) == len(FUSIONS) * len(DATA) * len(WEIGHTINGS)
    kinds = {cls.needs for cls in members("weighting").values()}
    assert kinds == set(WEIGHTINGS) - {"representation"}
