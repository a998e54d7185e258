"""digits and digit_pairs: what they hold, and that no image leaks between splits."""

import gzip

import pytest
import torch

from workbench.component import WorkbenchError
from workbench.problems import SPLITS, DigitPairs, Digits, Raw, prepare
from workbench.problems.digit_pairs import overlay
from workbench.problems.digits import slant
from workbench.tasks import Classification


def test_digits_holds_six_tasks_that_agree_with_one_another():
    raw = Digits().load(0)
    image = raw.views["image"]
    assert image.shape == (1797, 1, 8, 8)
    assert (image.min(), image.max()) == (0, 1)
    assert [task.name for task in raw.tasks] == Digits().task_names() == list(raw.targets)
    digit = raw.targets["digit"]
    assert (raw.targets["parity"] == digit % 2).all()
    assert (raw.targets["large"] == (digit > 4)).all()
    by_hand = {0: 1, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: 0, 8: 2, 9: 1}
    assert raw.targets["loops"].tolist() == [by_hand[number] for number in digit.tolist()]
    assert raw.targets["ink"][0].item() == pytest.approx(image[0].mean().item())


def test_slant_of_strokes_drawn_by_hand():
    upright, right, left = torch.zeros(3, 1, 8, 8)
    upright[0, :, 3] = 1
    for row in range(8):
        right[0, row, 7 - row] = left[0, row, row] = 0.3
    flat, empty = torch.zeros(2, 1, 8, 8)
    flat[0, 4, :] = 1
    found = slant(torch.stack([upright, right, left, flat, empty]))
    assert found.tolist() == pytest.approx([0, 1, -1, 0, 0], abs=1e-6)


def test_digits_are_split_in_proportion():
    data = prepare(Digits(), ["digit", "slant"], seed=3)
    assert data.names == ["digit", "slant"]
    assert data.labelled == {}
    for split, share in zip(SPLITS, (0.6, 0.2, 0.2), strict=True):
        counts = torch.bincount(data.targets["digit"][data.splits[split]], minlength=10)
        assert (counts - share * torch.bincount(data.targets["digit"])).abs().max() <= 1
    slants = data.targets["slant"][data.splits["train"]]
    assert slants.mean().item() == pytest.approx(0, abs=1e-5)


def test_overlay_of_small_digits_by_hand():
    left, right = torch.full((1, 1, 8, 8), 0.25), torch.full((1, 1, 8, 8), 0.5)
    both = overlay(left, right)[0, 0]
    expected = torch.zeros(10, 10)
    expected[:8, :8] = 0.25
    expected[2:, 2:] = 0.5
    assert torch.equal(both, expected)
    assert torch.equal(overlay(right, left)[0, 0, 2:8, 2:8], torch.full((6, 6), 0.5))  # the maximum, not the later one


def test_overlay_of_large_digits_keeps_the_recipes_canvas():
    left, right = torch.zeros(2, 1, 1, 28, 28)
    right[:] = 1
    both = overlay(left, right)[0, 0]
    assert both.shape == (28, 28)
    assert both.sum().item() == pytest.approx((28 * 28 / 36) ** 2, rel=0.02)
    assert both[:4].max() == 0  # 6 of 36 pixels are 4.7 of 28
    assert both[5, 20] == pytest.approx(1, abs=0.2)
    assert both[-1].max() == 0  # 6 + 28 leaves two empty pixels


def test_no_image_is_in_pairs_of_two_splits():
    """Each source image is painted with its own number, which the corners of a pair then show."""
    problem, count = DigitPairs(pairs=600), 200
    painted = torch.arange(1.0, count + 1).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)
    labels = torch.arange(count) % 10
    source = Raw({"image": painted}, {"image": "image"}, {"single": labels}, [Classification("single", "0123456789")])
    splits = {"train": torch.arange(0, 120), "val": torch.arange(120, 160), "test": torch.arange(160, 200)}
    raw, pairs = problem.compose(source, splits, seed=5)
    assert [len(pairs[split]) for split in SPLITS] == [360, 120, 120]
    for split in SPLITS:
        image = raw.views["image"][pairs[split]]
        for corner, task in ((image[:, 0, 0, 0], "left"), (image[:, 0, -1, -1], "right")):
            numbers = corner.long() - 1
            assert set(numbers.tolist()) <= set(splits[split].tolist())
            assert torch.equal(raw.targets[task][pairs[split]], labels[numbers])


def test_pairs_follow_the_seed_and_the_fractions():
    one, same, other = (prepare(DigitPairs(pairs=200), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.views["image"], same.views["image"])
    assert torch.equal(one.targets["left"], same.targets["left"])
    assert not torch.equal(one.views["image"], other.views["image"])
    wide = prepare(DigitPairs(pairs=200), seed=1, val_fraction=0.1, test_fraction=0.5)
    assert [len(wide.splits[split]) for split in SPLITS] == [80, 20, 100]
    assert one.view_specs[0].shape == (1, 10, 10)


def test_absent_images_are_one_clear_sentence(tmp_path):
    with pytest.raises(WorkbenchError) as error:
        prepare(DigitPairs(source="mnist", root=str(tmp_path)))
    assert str(error.value) == (
        f"Problem 'digit_pairs': the mnist images are not whole in {tmp_path / 'MNIST' / 'raw'}: set download=True, or "
        "root to the folder that has them whole."
    )


def test_damaged_images_are_one_clear_sentence(tmp_path):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{stem}-ubyte").write_bytes(gzip.compress(b"cut short")[:12])
    with pytest.raises(WorkbenchError, match="the fashion_mnist images are not whole in"):
        prepare(DigitPairs(source="fashion_mnist", root=str(tmp_path)))


def test_fashion_pairs_keep_official_test_images_for_test(real_data):
    problem = DigitPairs(source="fashion_mnist", root=str(real_data), pairs=300)
    source = problem.load(0)
    assert source.fixed["test"].tolist() == list(range(10_000, 14_000))
    data = prepare(problem)
    assert data.view_specs[0].shape == (1, 28, 28)
    assert 0 <= data.views["image"].min() <= data.views["image"].max() <= 1
    assert len(data.splits["test"]) == round(300 * 4000 / 14000)
    assert data.tasks[0].describe()["classes"][9] == "ankle boot"
