"""Augmentation in training: of training batches alone, and the same again for the same seed."""

import pytest
import torch

from workbench.problems.digits import Digits
from workbench.spec import Spec
from workbench.training.evaluate import evaluate
from workbench.training.experiment import Experiment
from workbench.training.looks import one_pass
from workbench.training.step import step

SPEC = Spec(tasks=["digit", "ink"], encoder={"name": "mlp", "width": 8, "depth": 1}, affinity=None)


@pytest.fixture
def noisy(monkeypatch):
    """`digits` whose training images get noise; what was asked for is counted."""
    calls = []
    whole = Digits.load

    def augment(views, targets):
        calls.append(len(views["image"]))
        return {"image": views["image"] + torch.rand(())}, targets

    def load(self, seed):
        raw = whole(self, seed)
        raw.augment = augment
        return raw

    monkeypatch.setattr(Digits, "load", load)
    return calls


def test_training_batches_alone_are_changed(noisy):
    exp = Experiment(SPEC)
    rows = exp.batches(0)[0][1]
    step(exp, rows, [0, 1], 1, False)
    assert noisy == [len(rows)]
    evaluate(exp.model, exp.data, "val")
    evaluate(exp.model, exp.data, "train")
    assert noisy == [len(rows)]


def test_the_same_step_is_changed_in_the_same_way_and_the_next_in_another(noisy):
    exp = Experiment(SPEC)
    rows, losses = exp.batches(0)[0][1], []
    for number in (1, 1, 2):
        exp.seed_step(number)
        losses.append(one_pass(exp, rows, [0, 1], number, False).values.tolist())
    assert losses[0] == losses[1] != losses[2]


def test_on_a_gpu_both_generators_follow_from_the_step(monkeypatch):
    exp = Experiment(SPEC)
    there = torch.Generator()
    monkeypatch.setattr(torch.cuda, "default_generators", (there,))
    exp.device = torch.device("cuda", 0)
    drawn = []
    for number in (5, 6, 5):
        exp.seed_step(number)
        drawn.append((torch.rand(()).item(), torch.rand((), generator=there).item()))
    assert drawn[0] == drawn[2]
    assert drawn[0][0] != drawn[1][0]
    assert drawn[0][1] != drawn[1][1]
