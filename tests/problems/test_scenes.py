"""Rendered rooms: labels that agree with one another and with geometry, and what the problem makes of them."""

from math import tan

import pytest
import torch

from workbench.problems import SceneImages, prepare
from workbench.problems.rendering import HALF_VIEW, Pictures, render
from workbench.problems.rooms import BOX, CYLINDER, FLOOR, ROOM, SPHERE, WALL, Scenes, draw
from workbench.problems.scenes import visible

SIZE = 24


@pytest.fixture(scope="module")
def rooms() -> tuple[Scenes, Pictures, torch.Tensor]:
    """Some rooms, their pictures, and the world point that every pixel shows (from its depth alone)."""
    scenes = draw(40, 5, torch.Generator().manual_seed(0))
    pictures = render(scenes, SIZE)
    place = (torch.arange(SIZE) + 0.5) * 2 / SIZE - 1
    local = torch.stack(
        [
            place.view(1, -1).expand(SIZE, -1) * tan(HALF_VIEW),
            -place.view(-1, 1).expand(-1, SIZE) * tan(HALF_VIEW),
            -torch.ones(SIZE, SIZE),
        ],
        dim=-1,
    )
    seen = local * pictures.depth.unsqueeze(-1)
    return scenes, pictures, torch.einsum("nhwc,ncx->nhwx", seen, scenes.axes) + scenes.eye.view(-1, 1, 1, 3)


def of_object(scenes: Scenes, pictures: Pictures, kind: int) -> tuple[torch.Tensor, ...]:
    """Pixels of all objects of a kind: row, y, x, and the object's number."""
    row, y, x = ((pictures.label == kind) & (pictures.thing >= 0)).nonzero(as_tuple=True)
    assert len(row) > 50
    return row, y, x, pictures.thing[row, y, x]


def world_normals(scenes: Scenes, pictures: Pictures) -> torch.Tensor:
    return torch.einsum("nchw,ncx->nhwx", pictures.normal, scenes.axes)


def test_the_camera_has_axes_at_right_angles_and_looks_along_minus_z():
    scenes = draw(5, 3, torch.Generator().manual_seed(1))
    torch.testing.assert_close(scenes.axes @ scenes.axes.mT, torch.eye(3).expand(5, 3, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.linalg.det(scenes.axes), torch.ones(5))
    assert (scenes.axes[:, 1, 1] > 0).all()  # up is up
    assert ((scenes.eye * scenes.axes[:, 2]).sum(1) > 3).all()  # the room lies before it


def test_depths_put_wall_and_floor_where_they_are(rooms):
    scenes, pictures, point = rooms
    normal = world_normals(scenes, pictures)
    floor, wall = pictures.label == FLOOR, pictures.label == WALL
    assert point[floor][:, 1].abs().max() < 1e-4
    nearest = torch.stack([(point[wall][:, 0].abs() - ROOM).abs(), (point[wall][:, 2] + ROOM).abs()]).min(0).values
    assert nearest.max() < 1e-4
    torch.testing.assert_close(normal[floor], torch.tensor([0.0, 1, 0]).expand(int(floor.sum()), 3), atol=1e-5, rtol=0)
    assert normal[wall][:, 1].abs().max() < 1e-5
    assert ((point[wall] * normal[wall])[:, [0, 2]].sum(1) + ROOM).abs().max() < 1e-3  # into the room


def test_spheres_are_round(rooms):
    scenes, pictures, point = rooms
    row, y, x, number = of_object(scenes, pictures, SPHERE)
    from_middle = point[row, y, x] - scenes.place[row, number]
    radius = scenes.size[row, number, 0]
    torch.testing.assert_close(from_middle.norm(dim=1), radius, atol=2e-4, rtol=0)
    normal = world_normals(scenes, pictures)[row, y, x]
    torch.testing.assert_close(normal, from_middle / radius.unsqueeze(1), atol=2e-3, rtol=0)


def test_boxes_have_flat_sides_and_cylinders_round_ones(rooms):
    scenes, pictures, point = rooms
    normals = world_normals(scenes, pictures)
    for kind in (BOX, CYLINDER):
        row, y, x, number = of_object(scenes, pictures, kind)
        cosine, sine = scenes.turn[row, number].unbind(-1)

        def turned(v, cosine=cosine, sine=sine):
            return torch.stack([cosine * v[:, 0] - sine * v[:, 2], v[:, 1], sine * v[:, 0] + cosine * v[:, 2]], dim=1)

        local, size = turned(point[row, y, x] - scenes.place[row, number]), scenes.size[row, number]
        normal = turned(normals[row, y, x])
        top = normal[:, 1] > 0.99
        assert 0 < top.sum() < len(top)
        torch.testing.assert_close(local[top, 1], size[top, 1], atol=2e-4, rtol=0)
        if kind == BOX:
            assert ((normal.abs() > 0.999).sum(1) == 1).all()
            torch.testing.assert_close((local * normal).sum(1), (size * normal.abs()).sum(1), atol=2e-4, rtol=0)
        else:
            across = local[~top][:, [0, 2]]
            torch.testing.assert_close(across.norm(dim=1), size[~top, 0], atol=2e-4, rtol=0)
            torch.testing.assert_close(
                normal[~top][:, [0, 2]], across / across.norm(dim=1, keepdim=True), atol=2e-3, rtol=0
            )


def test_every_surface_that_is_seen_looks_at_the_camera(rooms):
    scenes, pictures, point = rooms
    ray = point - scenes.eye.view(-1, 1, 1, 3)
    assert ((world_normals(scenes, pictures) * ray).sum(-1) < 1e-4).all()
    torch.testing.assert_close(pictures.normal.norm(dim=1), torch.ones(40, SIZE, SIZE))


def test_nothing_is_nearer_than_what_is_seen(rooms):
    """Points halfway to what a pixel shows are inside no object and in the room."""
    scenes, _, point = rooms
    for share in (0.5, 0.9, 0.99):
        between = scenes.eye.view(-1, 1, 1, 1, 3) * (1 - share) + point.unsqueeze(3) * share
        offset = (between - scenes.place.view(40, 1, 1, 5, 3)).norm(dim=-1)
        inside = (offset < scenes.size[:, :, 0].view(40, 1, 1, 5) - 1e-3) & (scenes.kind == SPHERE).view(40, 1, 1, 5)
        assert not inside.any()
        assert between[..., 1].min() > 0


def test_objects_stand_on_the_floor_apart_from_one_another(rooms):
    scenes, _, _ = rooms
    there = scenes.kind >= 0
    assert torch.equal(scenes.place[..., 1], scenes.size[..., 1])
    reach = torch.where(scenes.kind == BOX, scenes.size[..., [0, 2]].norm(dim=-1), scenes.size[..., 0])
    apart = torch.cdist(scenes.place[..., [0, 2]], scenes.place[..., [0, 2]])
    needed = reach.unsqueeze(1) + reach.unsqueeze(2)
    pairs = there.unsqueeze(1) & there.unsqueeze(2) & ~torch.eye(5, dtype=torch.bool)
    assert (apart >= needed)[pairs].all()
    assert set(there.sum(1).tolist()) == {1, 2, 3, 4, 5}


def test_a_mirrored_room_gives_the_mirrored_picture(rooms):
    scenes, pictures, _ = rooms
    mirror = torch.tensor([-1.0, 1, 1])
    axes = scenes.axes * mirror
    axes[:, 0] *= -1
    lamp, eye, place = scenes.lamp * mirror, scenes.eye * mirror, scenes.place * mirror
    turn = scenes.turn * torch.tensor([1.0, -1])
    other = render(Scenes(scenes.kind, place, scenes.size, turn, scenes.colour, eye, axes, lamp), SIZE)
    assert (other.label.flip(-1) == pictures.label).double().mean() > 0.999  # rounding at edges
    same = other.thing.flip(-1) == pictures.thing
    torch.testing.assert_close(other.depth.flip(-1)[same], pictures.depth[same], atol=1e-3, rtol=1e-3)
    flipped = other.normal.flip(-1) * torch.tensor([-1.0, 1, 1]).view(3, 1, 1)
    close = ((flipped - pictures.normal).abs() < 1e-3).all(1)
    assert close[same].double().mean() > 0.995


def test_shadows_and_light():
    """A sphere under the lamp: bright on top, dark below, and a shadow on the floor that is gone without it."""
    scenes = draw(1, 2, torch.Generator().manual_seed(0))
    scenes.kind[:] = torch.tensor([[SPHERE, -1]])
    scenes.size[:, 0], scenes.place[:, 0] = 0.6, torch.tensor([0.0, 0.6, 0.0])
    scenes.lamp[:] = torch.tensor([[0.0, 4.0, 0.0]])
    scenes.colour[:] = 0.6
    with_sphere = render(scenes, 48)
    scenes.kind[:] = -1
    without = render(scenes, 48)
    floor = (with_sphere.label == FLOOR)[0]
    difference = (without.image - with_sphere.image)[0].mean(0)
    assert difference[floor].max() > 0.3
    assert difference[with_sphere.label[0] == WALL].abs().max() < 0.05
    sphere = with_sphere.image[0].mean(0).masked_fill(with_sphere.label[0] != SPHERE, torch.nan)
    brightness = sphere.nanmean(dim=1)
    rows = (~brightness.isnan()).nonzero().squeeze(1)
    assert brightness[rows[1]] > brightness[rows[-2]] + 0.2


def test_the_problem_says_what_is_seen():
    raw = SceneImages(rows=60, size=16, objects=3, reconstruct=True).load(1)
    assert raw.views["image"].shape == (60, 3, 16, 16)
    assert 0 <= raw.views["image"].min() <= raw.views["image"].max() <= 1
    assert list(raw.targets) == [task.name for task in raw.tasks] == SceneImages(reconstruct=True).task_names()
    labels, shapes = raw.targets["segmentation"], raw.targets["shapes"]
    for position, kind in enumerate((SPHERE, BOX, CYLINDER)):
        pixels = (labels == kind).flatten(1).sum(1)
        assert (pixels[shapes[:, position] == 1] >= 1).all()
        assert (pixels[shapes[:, position] == 0] < 3).all()
    assert set(raw.targets["objects"].tolist()) <= {0, 1, 2, 3}
    assert (raw.targets["objects"] >= shapes.sum(1)).all()


def test_objects_behind_others_are_not_counted():
    scenes = draw(300, 5, torch.Generator().manual_seed(2))
    seen, there = visible(render(scenes, 16), scenes), scenes.kind >= 0
    assert not (seen & ~there).any()
    hidden = there.sum(1) - seen.sum(1)
    assert 0 < (hidden > 0).double().mean() < 0.4
    assert (seen.sum(1) >= 1).double().mean() > 0.98


def test_pictures_follow_the_seed():
    one, same, other = (SceneImages(rows=30, size=16).load(seed).views["image"] for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_prepared_scenes_and_their_augmentation():
    data = prepare(SceneImages(rows=40, size=16, augment="standard", reconstruct=True))
    assert [len(data.splits[split]) for split in ("train", "val", "test")] == [24, 8, 8]
    assert data.labelled == {}
    views, targets = data.batch(data.splits["train"])
    torch.manual_seed(1)
    views, targets = data.augment(views, targets)
    known = {task.name: task.present(targets[task.name]) for task in data.tasks}
    assert not known["segmentation"].all()
    assert torch.equal(known["segmentation"], known["depth"])
    assert torch.equal(known["segmentation"], known["normals"])
    assert torch.equal(known["segmentation"], known["reconstruction"].all(1))
