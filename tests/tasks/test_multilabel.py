"""Multi-label: loss over known labels, metrics against scikit-learn, bad labels."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from workbench.component import WorkbenchError
from workbench.tasks import MultiLabel

NAN = float("nan")


def task() -> MultiLabel:
    return MultiLabel("signs", ["red", "round", "old"])


def test_a_model_that_knows_nothing_scores_log_two():
    target = task().encode(torch.tensor([[0, 1, 1], [1, 0, 0]]))
    output = task().head(4)(torch.zeros(2, 4)) * 0
    assert task().mean_loss(output, target).item() == pytest.approx(math.log(2))
    assert task().predict(torch.tensor([[-1.0, 2, 0]])).tolist() == [[0, 1, 0]]
    assert task().in_words(torch.tensor([[-1.0, 2, 0], [1, -1, 1]])) == [["round"], ["red", "old"]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, -100]), min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_loss_counts_known_labels_only(labels):
    target = task().encode(torch.tensor(labels))
    output = torch.linspace(-2, 2, 3 * len(labels)).view(-1, 3).requires_grad_()
    present = task().present(target)
    loss = task().loss(output, target)
    (gradient,) = torch.autograd.grad(loss, output)
    y, p = target[present], output[present].sigmoid()
    expected = -(y * p.log() + (1 - y) * (1 - p).log()).mean() if present.any() else torch.zeros(())
    torch.testing.assert_close(loss, expected)
    assert (gradient[~present] == 0).all()


def test_metrics_agree_with_scikit_learn():
    generator = np.random.default_rng(0)
    truth = (generator.random((60, 3)) < [0.5, 0.2, 0.7]).astype(float)
    scores = generator.normal(size=(60, 3)) + truth
    found = task().metrics(torch.tensor(scores), task().encode(torch.tensor(truth)))
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, scores, average="macro"))
    assert found["auc"] == pytest.approx(roc_auc_score(truth, scores, average="macro"))
    assert found["f1"] == pytest.approx(f1_score(truth, scores > 0, average="macro"))


def test_labels_that_allow_no_metric_are_left_out():
    target = torch.tensor([[1, 0, NAN], [0, 0, NAN], [1, 0, NAN]])
    output = torch.tensor([[2.0, -1, 5], [-2, -1, 5], [1, -1, 5]])
    assert task().metrics(output, target) == {"average_precision": 1, "auc": 1, "f1": 1}
    nothing = task().metrics(output, torch.full((3, 3), NAN))
    assert all(math.isnan(value) for value in nothing.values())


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ([[0, 1, 2], [0, 2, 1]], "row 0, label 'old' holds 2; allowed: 0 or 1, or -100 or NaN for missing (2 such"),
        ([[0, 1]], "Task 'signs': targets should be [rows, 3], found [1, 2]."),
        ([[0, -100, 1], [1, -100, -100]], "Task 'signs': all 2 training rows lack the labels round."),
    ],
)
def test_bad_labels_are_named(raw, sentence):
    with pytest.raises(WorkbenchError) as error:
        task().fit(torch.tensor(raw))
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("labels", "sentence"), [([], "Task 'signs' has no labels."), (["a", "b", "a"], "more than once: a")]
)
def test_labels_must_be_there_and_differ(labels, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        MultiLabel("signs", labels)


def test_description():
    assert task().describe() == {"kind": "multilabel", "name": "signs", "labels": ["red", "round", "old"]}
