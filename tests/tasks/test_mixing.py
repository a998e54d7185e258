"""Several predictions of one thing made one, as predictions of their kind are."""

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.tasks import Classification, MultiLabel, Ordinal, Regression, Segmentation
from workbench.tasks.base import Task

WEIGHTS = torch.tensor([0.2, 0.5, 0.3])


def outputs(*shape):
    generator = torch.Generator().manual_seed(0)
    return [3 * torch.randn(*shape, generator=generator) for _ in range(3)]


def mean(parts):
    return sum(w * part for w, part in zip(WEIGHTS, parts, strict=True))


@pytest.mark.parametrize(
    ("task", "shape"), [(Classification("a", ["x", "y", "z"]), (5, 3)), (Segmentation("a", ["x", "y"]), (2, 4, 4, 2))]
)
def test_probabilities_of_classes_are_averaged(task, shape):
    given = outputs(*shape)
    torch.testing.assert_close(task.mix(given, WEIGHTS).exp(), mean([torch.softmax(z, -1) for z in given]))


@pytest.mark.parametrize("task", [MultiLabel("a", ["x", "y", "z"]), Ordinal("a", ["low", "middle", "high", "top"])])
def test_probabilities_of_labels_are_averaged(task):
    given = outputs(5, 3)
    torch.testing.assert_close(torch.sigmoid(task.mix(given, WEIGHTS)), mean([torch.sigmoid(z) for z in given]))


def test_values_are_averaged():
    given = outputs(5, 1)
    torch.testing.assert_close(Regression("a").mix(given, WEIGHTS), mean(given))


def test_the_loss_of_a_mixture_is_that_of_the_mean_probability():
    task, given, target = Classification("a", ["x", "y", "z"]), outputs(5, 3), torch.tensor([0, 1, 2, 1, 0])
    p = mean([torch.softmax(z, -1) for z in given])[range(5), target]
    torch.testing.assert_close(task.losses(task.mix(given, WEIGHTS), target), -p.log())


@pytest.mark.parametrize(
    "task", [Classification("a", ["x", "y", "z"]), MultiLabel("a", ["x", "y", "z"]), Regression("a")]
)
def test_huge_numbers_and_a_weight_of_nothing(task):
    given = [1e4 * part for part in outputs(4, 3)]
    weights = torch.tensor([0.0, 1.0, 0.0])
    for rows in given:
        rows.requires_grad_()
    mixed = task.mix(given, weights)
    assert bool(torch.isfinite(mixed).all())
    mixed.sum().backward()
    assert all(bool(torch.isfinite(rows.grad).all()) for rows in given)
    assert torch.equal(task.predict(mixed), task.predict(given[1]))


def test_one_prediction_is_its_own_mixture():
    for task in (Classification("a", ["x", "y", "z"]), MultiLabel("a", ["x", "y", "z"]), Regression("a")):
        (one, _, _) = outputs(4, 3)
        mixed = task.mix([one], torch.ones(1))
        difference = mixed - one  # logits of classes are known up to a constant
        torch.testing.assert_close(difference, difference[:, :1].expand_as(difference), atol=1e-5, rtol=0)


def test_spread_is_the_distance_to_the_mean_of_what_is_averaged():
    given = outputs(5, 3)
    p = torch.stack([torch.softmax(z, -1) for z in given])
    wanted = (p - p.mean(0)).square().mean((1, 2)).sqrt()
    torch.testing.assert_close(Classification("a", ["x", "y", "z"]).spread(given), wanted)
    assert not Regression("a").spread([given[0], given[0]]).any()


class Answer:
    """An output that is more than a tensor."""

    def __init__(self, value: float) -> None:
        self.value = value


class Open(Answer):
    @staticmethod
    def mix(parts, weights):
        return Open(sum(w * part.value for w, part in zip(weights.tolist(), parts, strict=True)))


def test_objects_say_themselves_how_they_are_mixed():
    task: Task = Regression("a")
    parts = [Open(1.0), Open(2.0), Open(4.0)]
    assert task.mix(parts, WEIGHTS).value == pytest.approx(2.4)
    assert task.spread(parts).isnan().all()
    with pytest.raises(WorkbenchError, match=r"Task 'a' \(regression\): several predictions cannot be made one"):
        task.mix([Answer(1.0), Answer(2.0)], torch.ones(2) / 2)
