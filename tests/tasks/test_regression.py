"""Regression: standardised loss, raw predictions, missing and hurtful targets."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, r2_score

from workbench.component import WorkbenchError
from workbench.tasks import Regression

NAN = float("nan")


def fitted(values: torch.Tensor) -> Regression:
    task = Regression("weight", unit="kg")
    task.fit(values)
    return task


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1.0, 1e20])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_training_targets_are_standardised_whatever_the_unit(scale, offset):
    raw = (torch.tensor([1.0, 2.0, NAN, 5.0], dtype=torch.float64) + offset) * scale
    task = fitted(raw)
    encoded = task.encode(raw)
    known = encoded[task.present(encoded)]
    assert encoded.dtype == torch.float32
    assert encoded.isnan().tolist() == [False, False, True, False]
    assert known.mean().item() == pytest.approx(0, abs=1e-5)
    assert known.std(correction=0).item() == pytest.approx(1, abs=1e-4)
    back = task.predict(encoded[:2].unsqueeze(1)).double()
    torch.testing.assert_close(back, raw[:2], rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([3.5, 3.5, NAN, 3.5], "Task 'weight': all 3 training targets are 3.5; a constant cannot be learned"),
        ([0.1, 0.1, 0.1], "are 0.1; a constant"),
        ([NAN, NAN], "Task 'weight': all 2 training targets are missing."),
        ([], "all 0 training targets are missing"),
        ([1.0, float("inf")], "Task 'weight': row 1 holds the target inf; allowed: any finite number"),
    ],
)
def test_targets_that_cannot_be_fitted(values, sentence):
    with pytest.raises(WorkbenchError) as error:
        fitted(torch.tensor(values))
    assert sentence in str(error.value)


def test_an_infinite_target_outside_training_is_named_too():
    with pytest.raises(WorkbenchError, match="row 1 holds the target -inf"):
        fitted(torch.tensor([1.0, 2.0])).encode(torch.tensor([1.0, float("-inf")]))


def test_whole_numbers_can_be_targets():
    task = fitted(torch.tensor([1, 2, 3]))
    assert task.encode(torch.tensor([2])).tolist() == [0.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.just(NAN), st.floats(-5, 5, width=32)), min_size=1, max_size=12))
def test_the_loss_counts_present_targets_only(values):
    target = torch.tensor(values)
    output = torch.linspace(-1, 1, len(values)).unsqueeze(1).requires_grad_()
    task = Regression("weight")
    present = task.present(target)
    loss = task.loss(output, target)
    (gradient,) = torch.autograd.grad(loss, output)
    if present.any():
        torch.testing.assert_close(loss, task.mean_loss(output[present], target[present]))
    else:
        assert loss.item() == 0
    assert (gradient[~present] == 0).all()
    assert torch.isfinite(gradient).all()


def test_metrics_agree_with_scikit_learn_in_the_raw_unit():
    raw = torch.tensor([10.0, 30.0, 25.0, NAN, 70.0])
    task = fitted(raw)
    output = torch.tensor([[-1.0], [0.5], [0.0], [9.0], [1.0]])
    guess = task.predict(output)
    known = ~raw.isnan()
    found = task.metrics(output, task.encode(raw))
    assert found["r2"] == pytest.approx(r2_score(raw[known], guess[known]), abs=1e-5)
    assert found["mae"] == pytest.approx(mean_absolute_error(raw[known], guess[known]), abs=1e-4)


@pytest.mark.parametrize("target", [[], [NAN, NAN]])
def test_metrics_without_targets_are_nan(target):
    found = Regression("weight").metrics(torch.zeros(len(target), 1), torch.tensor(target))
    assert list(found) == ["r2", "mae"]
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("target", [[1.0], [0.1, 0.1, 0.1]])
def test_r2_of_a_constant_is_undefined_but_mae_is_not(target):
    found = Regression("weight").metrics(torch.zeros(len(target), 1), torch.tensor(target))
    assert math.isnan(found["r2"])
    assert found["mae"] == pytest.approx(target[0])


def test_bf16_outputs():
    task = fitted(torch.tensor([1.0, 2.0, 4.0]))
    output, target = torch.zeros(3, 1, dtype=torch.bfloat16), task.encode(torch.tensor([1.0, 2.0, 4.0]))
    assert task.mean_loss(output, target).item() == pytest.approx(1, abs=1e-5)
    assert task.losses(output, target).dtype == torch.float32
    assert task.metrics(output, target)["r2"] == pytest.approx(0, abs=1e-5)
    assert task.predict(output).tolist() == pytest.approx([7 / 3] * 3)


def test_head_and_description():
    task = fitted(torch.tensor([1.0, 3.0]))
    assert task.head(5)(torch.zeros(2, 5)).shape == (2, 1)
    assert task.describe() == {"kind": "regression", "name": "weight", "unit": "kg", "mean": 2.0, "std": 1.0}
