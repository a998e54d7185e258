"""Reconstruction: the input as target, from a vector and from a map."""

import math

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.features import Features
from workbench.tasks import Reconstruction

NAN = float("nan")


def fitted(raw: torch.Tensor, reads: str = "vector") -> Reconstruction:
    task = Reconstruction("again", reads=reads)
    task.fit(raw)
    return task


def images(rows: int = 4, channels: int = 3) -> torch.Tensor:
    return torch.rand(rows, channels, 10, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("reads", "shape"), [("vector", (4, 5)), ("map", (4, 2, 3, 5))])
def test_images_come_back_in_their_shape(reads, shape):
    torch.manual_seed(0)
    features = torch.rand(shape) if reads == "vector" else Features(torch.rand(shape))
    raw = images()
    task = fitted(raw, reads)
    output = task.head(5)(features)
    assert task.predict(output).shape == raw.shape
    loss = task.mean_loss(output, task.encode(raw))
    loss.backward()
    assert loss.item() == pytest.approx(1, abs=0.2)  # it knows nothing yet


def test_a_vector_of_numbers_comes_back_too():
    raw = torch.randn(6, 7)
    task = fitted(raw)
    assert task.head(3)(torch.zeros(6, 3)).shape == (6, 7)


def test_metrics_are_those_of_the_raw_input():
    raw = 10 * images()
    task = fitted(raw)
    output = task.encode(raw) + 0.5 / task.std
    found = task.metrics(output, task.encode(raw))
    peak = (raw.max() - raw.min()).item()
    assert found["mse"] == pytest.approx(0.25, rel=1e-4)
    assert found["psnr"] == pytest.approx(10 * math.log10(peak**2 / 0.25), rel=1e-4)
    torch.testing.assert_close(task.predict(task.encode(raw)), raw)
    assert task.metrics(task.encode(raw), task.encode(raw)) == {"mse": 0, "psnr": math.inf}


def test_what_is_missing_does_not_count():
    raw = images()
    raw[1], raw[2, :, 3] = NAN, NAN
    task = fitted(raw)
    target, output = task.encode(raw), torch.randn(4, 3, 10, 12).requires_grad_()
    known = ~raw.isnan()
    loss = task.loss(output, target)
    torch.testing.assert_close(loss, (output - target)[known].square().mean())
    torch.testing.assert_close(task.mean_loss(output, target), loss)
    (gradient,) = torch.autograd.grad(loss, output)
    assert (gradient[~known] == 0).all()
    assert math.isnan(task.metrics(output[1:2], target[1:2])["mse"])


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (torch.full((3, 4), NAN), "all 3 training inputs are missing"),
        (torch.full((3, 4), 2.0), "every number of the training inputs is 2"),
    ],
)
def test_inputs_that_teach_nothing(raw, sentence):
    with pytest.raises(WorkbenchError, match=sentence):
        fitted(raw)


def test_a_map_decoder_needs_a_map():
    with pytest.raises(WorkbenchError, match="Task 'again' reads a map of features"):
        fitted(images(), "map").head(5)(Features(torch.zeros(4, 5)))


def test_description():
    described = fitted(images(channels=1)).describe()
    assert described["kind"] == "reconstruction"
    assert described["shape"] == [1, 10, 12]
