"""Ordinal levels: thresholds, metrics against scikit-learn, learning an order."""

import math

import pytest
import torch
from sklearn.metrics import cohen_kappa_score

from workbench.component import WorkbenchError
from workbench.tasks import Ordinal

NAN = float("nan")


def fitted(levels=(0, 1, 1, 2, 3, 3, 3, 3)) -> Ordinal:
    task = Ordinal("size", ["S", "M", "L", "XL"])
    task.fit(torch.tensor(levels))
    return task


def test_a_model_begins_with_the_frequencies_of_the_levels():
    head = fitted().head(5)
    passed = head(torch.zeros(1, 5)).sigmoid()[0]
    assert passed.tolist() == pytest.approx([7 / 8, 5 / 8, 4 / 8])


def test_every_threshold_looks_along_one_direction():
    z = fitted().head(5)(torch.randn(9, 5))
    assert z.shape == (9, 3)
    assert (z.diff(dim=1) < 0).all()  # whatever x is, a higher level is not more likely to be passed
    torch.testing.assert_close(z.diff(dim=1), z.diff(dim=1)[:1].expand(9, -1))


def test_the_loss_by_hand_and_the_prediction():
    output = torch.tensor([[2.0, -1.0, -3.0]])
    task = fitted()
    expected = [math.log1p(math.exp(-2)), math.log1p(math.exp(-1)), math.log1p(math.exp(-3))]
    assert task.losses(output, torch.tensor([1])).item() == pytest.approx(sum(expected) / 3)
    assert task.predict(output).tolist() == [1]
    assert task.in_words(output) == ["M"]


def test_missing_labels_do_not_count():
    output = torch.randn(4, 3).requires_grad_()
    target = fitted().encode(torch.tensor([0.0, NAN, -100, 3]))
    assert target.tolist() == [0, -100, -100, 3]
    loss = fitted().loss(output, target)
    (gradient,) = torch.autograd.grad(loss, output)
    torch.testing.assert_close(loss, fitted().mean_loss(output[[0, 3]], target[[0, 3]]))
    assert (gradient[1:3] == 0).all()
    assert all(math.isnan(v) for v in fitted().metrics(output[1:3], target[1:3]).values())


def test_metrics_agree_with_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    truth = torch.randint(4, (50,), generator=generator)
    output = truth.unsqueeze(1) - torch.tensor([0.5, 1.5, 2.5]) + torch.randn(50, 1, generator=generator)
    found = fitted().metrics(output, truth)
    guess = fitted().predict(output)
    assert 0 < found["mae"] < 1
    assert found["mae"] == pytest.approx((guess - truth).abs().float().mean().item())
    assert found["accuracy"] == pytest.approx((guess == truth).float().mean().item())
    assert found["kappa"] == pytest.approx(cohen_kappa_score(truth, guess, weights="quadratic"))


def test_kappa_of_one_level_that_is_always_guessed_is_undefined():
    found = fitted().metrics(torch.full((3, 3), -1.0), torch.zeros(3).long())
    assert math.isnan(found["kappa"])
    assert (found["mae"], found["accuracy"]) == (0, 1)


def test_an_order_is_learned():
    torch.manual_seed(0)
    x = torch.rand(200, 2)
    levels = (4 * x[:, 0]).long()
    task = fitted(levels.tolist())
    head = task.head(2)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.3)
    for _ in range(150):
        optimizer.zero_grad()
        task.mean_loss(head(x), levels).backward()
        optimizer.step()
    assert task.metrics(head(x), levels)["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [([0, 4], "Task 'size': row 1 holds the label 4; allowed: 0 … 3"), ([-100], "all 1 training labels are missing")],
)
def test_bad_labels_are_named(levels, sentence):
    with pytest.raises(WorkbenchError) as error:
        fitted(levels)
    assert sentence in str(error.value)


def test_description():
    assert fitted().describe() == {"kind": "ordinal", "name": "size", "levels": ["S", "M", "L", "XL"]}
    assert "mae" in Ordinal.lower_is_better
