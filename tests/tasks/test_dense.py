"""Labels per pixel: losses over known pixels, growing to the labels' size, metrics against definitions."""

import math

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import jaccard_score

from workbench.component import WorkbenchError
from workbench.features import Features
from workbench.tasks import Depth, Normals, Segmentation, dense
from workbench.tasks.losses import L1, LLL, ClassBalanced, CrossEntropy, Focal

NAN = float("nan")
SIZE = (8, 12)


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def segmentation():
    task = Segmentation("parts", ["sky", "land", "sea"])
    raw = torch.randint(3, (5, *SIZE), generator=torch.Generator().manual_seed(1))
    raw[:, :2] = -100
    task.fit(raw)
    return task, raw


def depth():
    task = Depth("depth", unit="m")
    raw = 1 + random(5, *SIZE, seed=2).abs()
    raw[:, :, :3] = NAN
    task.fit(raw)
    return task, raw


def normals():
    task = Normals("normals")
    raw = 3 * random(5, 3, *SIZE, seed=3)
    raw[0, :, 0] = NAN
    raw[1, :, 1] = 0
    task.fit(raw)
    return task, raw


KINDS = [segmentation, depth, normals]


@pytest.mark.parametrize("kind", KINDS)
def test_head_output_loss_and_prediction_have_their_shapes(kind):
    task, raw = kind()
    head = task.head(6)
    output = head(Features(random(5, 2, 3, 6)))
    assert output.shape == (5, 4, 6, task.channels)
    target = task.encode(raw)
    assert task.losses(output, target).shape == task.present(target).shape == (5, *SIZE)
    assert task.predict(output).shape == raw.shape
    task.mean_loss(output, target).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in head.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_the_mean_over_known_pixels(kind):
    task, raw = kind()
    target = task.encode(raw)
    output = random(5, 4, 6, task.channels, seed=4).requires_grad_()
    each, present = task.losses(output, target), task.present(target)
    assert 0 < present.sum() < present.numel()
    assert (each[~present] == 0).all()
    torch.testing.assert_close(task.loss(output, target), each[present].mean())
    weights = torch.tensor([0.0, 0, 1, 0, 2])
    expected = (each.sum((1, 2)) * weights).sum() / (present.sum((1, 2)) * weights).sum()
    torch.testing.assert_close(task.loss(output, target, weights), expected)
    (gradient,) = torch.autograd.grad(task.loss(output, target), output)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_known_pixel_gives_no_loss_and_no_metric(kind):
    task, raw = kind()
    target = task.encode(torch.full_like(raw, -100 if kind is segmentation else NAN))
    output = random(5, 4, 6, task.channels).requires_grad_()
    loss = task.loss(output, target)
    (gradient,) = torch.autograd.grad(loss, output)
    assert loss.item() == 0
    assert (gradient == 0).all()
    assert all(math.isnan(value) for value in task.metrics(output, target).values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_rows_at_a_time_give_the_same(kind, monkeypatch):
    task, raw = kind()
    raw[4] = -100 if kind is segmentation else NAN  # nothing is known in the last part
    target, output = task.encode(raw), random(5, 4, 6, task.channels, seed=5)
    with torch.no_grad():
        whole = task.loss(output, target), task.metrics(output, target), task.predict(output)
        monkeypatch.setattr(dense, "NUMBERS", 2 * task.channels * SIZE[0] * SIZE[1])
        assert len(list(task.parts(output))) == 3
        parts = task.loss(output, target), task.metrics(output, target), task.predict(output)
    torch.testing.assert_close(parts[0], whole[0])
    assert parts[1] == pytest.approx(whole[1])
    assert torch.equal(parts[2], whole[2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_is_needed(kind):
    task, _ = kind()
    with pytest.raises(WorkbenchError, match=r"reads a map of features, but the fusion gave it 0 dimensions"):
        task.head(6)(Features(torch.zeros(2, 6)))


@pytest.mark.parametrize("kind", KINDS)
def test_known_training_pixels_are_needed(kind):
    task, raw = kind()
    with pytest.raises(WorkbenchError, match="all labels of the 5 training images are missing"):
        task.fit(torch.full_like(raw, -100 if kind is segmentation else NAN))


def test_segmentation_loss_is_cross_entropy_at_the_labels_size():
    task, raw = segmentation()
    output = random(5, 4, 6, 3, seed=6)
    grown = F.interpolate(output.movedim(-1, 1), size=SIZE, mode="bilinear")
    torch.testing.assert_close(task.loss(output, task.encode(raw)), F.cross_entropy(grown, raw))
    assert task.encode(raw).dtype == torch.int16
    assert task.encode(raw.float().masked_fill(raw == -100, NAN)).equal(task.encode(raw))


def test_iou_agrees_with_scikit_learn():
    task, raw = segmentation()
    output = random(5, *SIZE, 3, seed=7)
    output[..., 0] = -9  # never predicted
    found = task.metrics(output, task.encode(raw))
    known = raw != -100
    guess = task.predict(output)[known]
    assert found["miou"] == pytest.approx(jaccard_score(raw[known], guess, average="macro"))
    assert found["pixel_accuracy"] == pytest.approx((guess == raw[known]).double().mean().item())


def test_a_class_that_is_nowhere_does_not_count():
    task, raw = segmentation()
    raw = raw.clamp(max=1)
    output = F.one_hot(raw.clamp(min=0), 3).float()
    assert task.metrics(output, task.encode(raw)) == {"miou": 1, "pixel_accuracy": 1}


def test_depth_is_standardised_and_measured_in_its_unit():
    task, raw = depth()
    encoded, known = task.encode(raw), ~raw.isnan()
    assert encoded[known].mean().item() == pytest.approx(0, abs=1e-5)
    assert encoded[known].std(correction=0).item() == pytest.approx(1, abs=1e-4)
    output = random(5, *SIZE, 1, seed=8)
    guess = task.predict(output)
    found = task.metrics(output, encoded)
    error = (guess - raw).abs()[known]
    assert found["abs_error"] == pytest.approx(error.mean().item(), rel=1e-5)
    assert found["rel_error"] == pytest.approx((error / raw[known]).mean().item(), rel=1e-5)
    assert task.loss(output, encoded).item() == pytest.approx(error.mean().item() / task.std, rel=1e-5)
    perfect = task.metrics(torch.nan_to_num(encoded).unsqueeze(-1), encoded)
    assert perfect == pytest.approx({"abs_error": 0, "rel_error": 0}, abs=1e-6)


def test_normals_of_known_angles():
    task = Normals("normals")
    degrees = torch.tensor([[[0.0, 10], [20, 90]]])
    angle = torch.deg2rad(degrees)
    task.fit(torch.ones(1, 3, 2, 2))
    target = task.encode(torch.tensor([0.0, 0, 5]).view(1, 3, 1, 1).expand(1, 3, 2, 2))
    output = 7 * torch.stack([torch.zeros_like(angle), angle.sin(), angle.cos()], dim=-1)
    torch.testing.assert_close(task.losses(output, target), 1 - angle.cos())
    found = task.metrics(output, target)
    assert found["mean_angle"] == pytest.approx(30, abs=1e-3)
    assert found["median_angle"] == pytest.approx(10, abs=1e-3)
    assert [found[f"within_{limit}"] for limit in (11, 22, 30)] == [0.5, 0.75, 0.75]
    torch.testing.assert_close(task.predict(output).norm(dim=1), torch.ones(1, 2, 2))


def test_several_normals_become_the_mean_of_their_directions():
    task, _ = normals()
    one, other = random(2, 5, 4, 6, 3, seed=9)
    half = torch.tensor([0.5, 0.5])
    mixed = task.mix([one, other], half)
    torch.testing.assert_close(task.mix([one, 100 * other], half), mixed)
    torch.testing.assert_close(task.spread([one, 100 * other]), task.spread([one, other]))
    between = F.normalize(one, dim=-1) + F.normalize(other, dim=-1)
    torch.testing.assert_close(F.normalize(mixed, dim=-1), F.normalize(between, dim=-1))


@pytest.mark.parametrize(
    ("kind", "place", "value", "sentence"),
    [
        (segmentation, (2, 3, 4), 3, "Task 'parts': row 2, pixel (3, 4) holds the label 3; allowed: 0 … 2, or -100"),
        (
            depth,
            (2, 3, 4),
            0.0,
            "row 2, pixel (3, 4) holds the depth 0; allowed: positive numbers, or NaN",
        ),
        (depth, (1, 0, 5), float("inf"), "row 1, pixel (0, 5) holds the depth inf"),
        (normals, (4, 1, 2, 3), float("inf"), "Task 'normals': row 4, pixel (2, 3) holds an infinite number"),
    ],
)
def test_a_bad_label_is_named_with_row_and_pixel(kind, place, value, sentence):
    task, raw = kind()
    raw[place] = value
    with pytest.raises(WorkbenchError) as error:
        task.encode(raw)
    assert sentence in str(error.value)


def test_a_constant_depth_cannot_be_learned():
    with pytest.raises(WorkbenchError, match="every known training depth is 2; a constant"):
        Depth("depth").fit(torch.full((2, 3, 3), 2.0))


def test_normals_have_three_numbers_a_pixel():
    with pytest.raises(WorkbenchError, match=r"normals should be \[rows, 3, height, width\], found \[2, 4, 4\]"):
        Normals("normals").fit(torch.ones(2, 4, 4))


@pytest.mark.parametrize("kind", KINDS)
def test_bf16_outputs(kind):
    task, raw = kind()
    output, target = random(5, 4, 6, task.channels).bfloat16(), task.encode(raw)
    assert task.losses(output, target).dtype == torch.float32
    assert math.isfinite(task.metrics(output, target)[task.metric])


@pytest.mark.parametrize("kind", KINDS)
def test_lower_is_better_is_said_of_errors_alone(kind):
    task, raw = kind()
    target = task.encode(raw)
    names = set(task.metrics(random(5, 4, 6, task.channels), target))
    assert (task.metric in task.lower_is_better) != task.higher_is_better
    errors = {name for name in names if "error" in name or "angle" in name}
    assert names & task.lower_is_better == errors
    assert task.describe()["kind"] == task.kind


@pytest.mark.parametrize(
    ("kind", "loss"),
    [(segmentation, CrossEntropy()), (segmentation, Focal(gamma=0)), (segmentation, LLL()), (depth, L1())],
)
def test_chosen_losses_serve_pixels_too(kind, loss):
    task, raw = kind()
    target, output = task.encode(raw), random(5, 4, 6, task.channels)
    own = task.loss(output, target)
    loss.bind(task, target)
    torch.testing.assert_close(task.loss(output, target, learning=True), own)
    with torch.no_grad():
        torch.testing.assert_close(task.loss(output, target), own)


def test_only_mispredicted_pixels_train():
    task, raw = segmentation()
    target, output = task.encode(raw), random(5, *SIZE, 3)
    LLL(warmup=0).bind(task, target)
    wrong = (task.predict(output) != raw) & (raw != -100)
    torch.testing.assert_close(task.loss(output, target, learning=True), task.losses(output, target)[wrong].mean())


def test_rare_classes_of_pixels_count_more():
    task, raw = segmentation()
    raw[:, 2:, 1:] = raw[:, 2:, 1:].clamp(max=0)
    target = task.encode(raw)
    ClassBalanced().bind(task, target)
    rare, frequent = target == 2, target == 0
    even = torch.zeros(5, *SIZE, 3)
    assert task.each(even, target.long())[rare].mean() > 2 * task.each(even, target.long())[frequent].mean() > 0
