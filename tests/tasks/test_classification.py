"""Classification: loss in nats, missing labels, metrics, bad labels."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from workbench.component import WorkbenchError
from workbench.tasks import Classification

NAN = float("nan")


def task(classes: int = 3) -> Classification:
    return Classification("colour", [f"c{number}" for number in range(classes)])


def test_a_model_that_knows_nothing_scores_log_classes():
    loss = task(3).mean_loss(torch.zeros(5, 3), torch.tensor([0, 1, 2, 0, 1]))
    assert loss.item() == pytest.approx(math.log(3))


def test_raw_labels_are_encoded_and_missing_ones_marked():
    assert task().encode(torch.tensor([0.0, NAN, 2.0, -100.0])).tolist() == [0, -100, 2, -100]
    assert task().encode(torch.tensor([0, -100, 2])).tolist() == [0, -100, 2]
    assert task().encode(torch.tensor([1.0])).dtype == torch.int64


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0.0, 1.0, 3.0], "Task 'colour': row 2 holds the label 3; allowed: 0 … 2, or -100 or NaN for missing (1 such"),
        ([-1.0, 1.0], "row 0 holds the label -1"),
        ([0.0, 0.5, 1.5], "row 1 holds the label 0.5; allowed: 0 … 2, or -100 or NaN for missing (2 such rows)"),
        ([0.0, float("inf")], "row 1 holds the label inf"),
    ],
)
def test_a_bad_label_is_named_with_task_row_value_and_range(labels, sentence):
    with pytest.raises(WorkbenchError) as error:
        task().encode(torch.tensor(labels))
    assert sentence in str(error.value)


def test_training_labels_must_be_there():
    with pytest.raises(WorkbenchError, match="Task 'colour': all 2 training labels are missing"):
        task().fit(torch.tensor([NAN, NAN]))


@pytest.mark.parametrize(
    ("classes", "sentence"), [(["a"], "needs two at least"), (["a", "b", "a"], "more than once: a")]
)
def test_classes_must_be_two_and_differ(classes, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        Classification("colour", classes)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([-100, 0, 1, 2]), min_size=1, max_size=12), st.integers(0, 1000))
def test_the_loss_counts_present_labels_only(labels, seed):
    target = torch.tensor(labels)
    output = torch.randn(len(labels), 3, generator=torch.Generator().manual_seed(seed)).requires_grad_()
    present = target != -100
    loss = task().loss(output, target)
    (gradient,) = torch.autograd.grad(loss, output)
    if present.any():
        torch.testing.assert_close(loss, task().mean_loss(output[present], target[present]))
    else:
        assert loss.item() == 0
    assert (gradient[~present] == 0).all()
    assert torch.isfinite(gradient).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_f1_agrees_with_scikit_learn(pairs):
    truth = torch.tensor([pair[0] for pair in pairs])
    guess = torch.tensor([pair[1] for pair in pairs])
    found = task(4).metrics(torch.nn.functional.one_hot(guess, 4).float(), truth)
    assert found["f1"] == pytest.approx(f1_score(truth, guess, average="macro", zero_division=0))
    assert found["accuracy"] == pytest.approx((truth == guess).double().mean().item())


def test_metrics_leave_missing_labels_out_and_are_nan_without_any():
    output = torch.eye(3)
    assert task().metrics(output, torch.tensor([0, -100, 1]))["accuracy"] == 0.5
    for target, rows in ((torch.tensor([-100, -100, -100]), output), (torch.empty(0).long(), torch.empty(0, 3))):
        assert all(math.isnan(value) for value in task().metrics(rows, target).values())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-2, 2)), min_size=1, max_size=20))
def test_auc_agrees_with_scikit_learn_ties_and_all(pairs):
    truth, score = (torch.tensor(values) for values in zip(*pairs, strict=True))
    output = torch.stack([-score / 2.0, score / 2.0], dim=1)
    found = task(2).metrics(output, truth)["auc"]
    if len(set(truth.tolist())) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(roc_auc_score(truth, score))


def test_auc_is_there_for_two_classes_only_and_leaves_missing_labels_out():
    output = torch.tensor([[0.0, 1.0], [0.0, 9.0], [0.0, 2.0]])
    assert task(2).metrics(output, torch.tensor([0, -100, 1]))["auc"] == 1.0
    assert set(task(2).metrics(output, torch.full((3,), -100))) == {"accuracy", "f1", "auc"}
    assert "auc" not in task(3).metrics(torch.eye(3), torch.tensor([0, 1, 2]))


def test_one_class_in_the_batch_and_bf16_outputs():
    output = torch.eye(3)[[0, 0, 1]].bfloat16().requires_grad_()
    target = torch.tensor([0, 0, 0])
    found = task().metrics(output, target)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx((0.8 + 0) / 2)
    assert task().mean_loss(output, target).dtype == torch.float32
    assert task().losses(output, target).dtype == torch.float32


def test_head_prediction_and_description():
    output = task().head(7)(torch.randn(2, 7))
    assert output.shape == (2, 3)
    assert task().predict(torch.tensor([[0.0, 2.0, 1.0]])).tolist() == [1]
    assert task().describe() == {"kind": "classification", "name": "colour", "classes": ["c0", "c1", "c2"]}
