"""Augmentation: images and what lies on them move together, and nothing else changes."""

import pytest
import torch

from workbench.problems.augment import PARTS, Augment

SIZE = (8, 16)
ROWS = 48


def batch():
    """Every pixel is told by its place: x in all labels, and the same in the image's first channel."""
    x = torch.arange(SIZE[1]).expand(ROWS, *SIZE).float()
    views = {"image": torch.stack([x / 20, torch.rand(ROWS, *SIZE), torch.rand(ROWS, *SIZE)], dim=1)}
    targets = {
        "labels": x.to(torch.int16),
        "depth": x + 1,
        "normals": torch.stack([x + 1, x + 20, x + 40], dim=1),
        "original": views["image"].clone(),
        "boxes": torch.tensor([[[2.0, 1, 5, 3], [8, 4, 12, 7]]]).repeat(ROWS, 1, 1),
        "class": torch.arange(ROWS),
    }
    return views, targets


KINDS = {name: name for name in ("image", "labels", "depth", "normals", "original", "boxes")}


def changed(name):
    torch.manual_seed(3)
    views, targets = batch()
    before = {**{k: x.clone() for k, x in views.items()}, **{k: x.clone() for k, x in targets.items()}}
    after = Augment(name, SIZE, KINDS)(views, targets)
    now = {**views, **targets}
    assert all(torch.equal(now[key], x) for key, x in before.items())  # what is given stays as it is
    return before, {**after[0], **after[1]}


@pytest.mark.parametrize("name", ["none", "flip", "crop", "standard", "colour", "strong"])
def test_shapes_types_and_what_has_no_place_stay(name):
    before, after = changed(name)
    for key, x in after.items():
        assert type(x) is torch.Tensor
        assert (x.shape, x.dtype) == (before[key].shape, before[key].dtype)
    assert torch.equal(after["class"], before["class"])
    assert all(torch.equal(after[key], before[key]) for key in after) == (name == "none")


def test_a_flip_mirrors_everything_and_turns_normals():
    before, after = changed("flip")
    mirrored = after["labels"][:, 0, 0] == SIZE[1] - 1
    assert 0 < mirrored.sum() < ROWS
    for key in ("image", "labels", "depth", "original"):
        assert torch.equal(after[key][mirrored], before[key][mirrored].flip(-1))
        assert torch.equal(after[key][~mirrored], before[key][~mirrored])
    sign = torch.tensor([-1.0, 1, 1]).view(3, 1, 1)
    assert torch.equal(after["normals"][mirrored], before["normals"][mirrored].flip(-1) * sign)
    assert torch.equal(after["normals"][~mirrored], before["normals"][~mirrored])
    assert after["boxes"][mirrored].tolist() == [[[11, 1, 14, 3], [4, 4, 8, 7]]] * int(mirrored.sum())


def test_a_crop_shifts_everything_alike_and_marks_what_was_out_of_sight():
    before, after = changed("crop")
    labels, depth = after["labels"].float(), after["depth"]
    assert (after["labels"] == -100).any()
    known = labels != -100
    assert torch.equal(known, ~depth.isnan())
    assert torch.equal(known, ~after["normals"].isnan().any(1))
    assert torch.equal(known, ~after["original"].isnan().any(1))
    assert torch.equal(labels[known] + 1, depth[known])
    torch.testing.assert_close(after["image"][:, 0][known] * 20, labels[known])
    assert (after["image"].movedim(1, -1)[~known] == 0).all()
    row = int((after["boxes"] != before["boxes"]).flatten(1).any(1).nonzero()[0])
    shift = after["boxes"][row, 0, 0] - before["boxes"][row, 0, 0]
    middle = after["labels"][row, 4, 8]
    assert middle == before["labels"][row, 4, 8] - shift


def test_colours_change_in_the_image_alone():
    before, after = changed("colour")
    assert not torch.equal(after["image"], before["image"])
    assert all(torch.equal(after[key], before[key]) for key in after if key != "image")
    assert 0 <= after["image"].min() <= after["image"].max() <= 1


def test_the_parts_of_a_batch_are_changed_in_ways_of_their_own():
    _, after = changed("crop")
    kinds = {tuple(x.flatten().tolist()) for x in after["labels"]}
    assert PARTS / 2 < len(kinds) <= PARTS


def test_the_global_generator_decides():
    first, again = changed("strong")[1], changed("strong")[1]
    assert all(torch.equal(x[~x.isnan()], again[key][~again[key].isnan()]) for key, x in first.items())
    torch.manual_seed(4)
    other = Augment("strong", SIZE, KINDS)(*batch())[0]
    assert not torch.equal(other["image"], first["image"])


def test_a_batch_smaller_than_the_number_of_parts():
    views, targets = batch()
    after = Augment("standard", SIZE, KINDS)(
        {k: x[:3] for k, x in views.items()}, {k: x[:3] for k, x in targets.items()}
    )
    assert len(after[0]["image"]) == len(after[1]["boxes"]) == 3


def test_grey_images_can_change_their_colours():
    after, _ = Augment("strong", (9, 9), {"image": "image"})({"image": torch.rand(5, 1, 9, 9)}, {})
    assert after["image"].shape == (5, 1, 9, 9)
