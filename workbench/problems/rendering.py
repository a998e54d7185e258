"""Rooms as pictures, ray-cast: colour, class, object, depth and normal of every pixel."""

from dataclasses import dataclass, fields
from math import pi, tan

import torch
from torch import Tensor

from workbench.problems.rooms import FLOOR, ROOM, WALL, Scenes
from workbench.problems.surfaces import NEAR, TINY, column, length, meet, normal_at

#: half the angle of view
HALF_VIEW = pi / 5.8
#: so many rays are cast at once: more would not fit the processor's cache
RAYS = 2**15
#: where in a pixel its colour is looked up; the lamp is then moved likewise, by up to half its size
SAMPLES = ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))
LAMP_SIZE = 0.7
#: length of the floor's tiles
TILE = 0.9


@dataclass
class Pictures:
    """Some rooms as seen.

    Attributes:
        image: 0 … 1, ``[rows, 3, height, width]``.
        label: number into ``CLASSES``, ``int64[rows, height, width]``.
        thing: number of the object, -1 for wall and floor, ``int64[rows, height, width]``.
        depth: distance along the view's axis in metres, ``[rows, height, width]``.
        normal: in the camera's axes, of length 1, ``[rows, 3, height, width]``.
    """

    image: Tensor
    label: Tensor
    thing: Tensor
    depth: Tensor
    normal: Tensor


def render(scenes: Scenes, size: int) -> Pictures:
    """Rooms as square pictures, ``size`` pixels a side.

    Colours are the mean of four rays a pixel, each with the lamp at a slightly other place, so that edges and shadows
    are soft; class, object, depth and normal are those of the ray through the pixel's centre.
    """
    rows = max(1, RAYS // size**2)
    parts = [_render(scenes[start : start + rows], size) for start in range(0, len(scenes), rows)]
    return Pictures(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Pictures)))


def _render(scenes: Scenes, size: int) -> Pictures:
    shape = (len(scenes), size, size)
    rays = _rays(scenes, size, 0.5, 0.5)
    depth, thing, surface = _first_hit(scenes, rays)
    point = column(scenes.eye) + depth * rays
    world = normal_at(scenes, point, thing, surface)
    normal = torch.einsum("rac,crp->rap", scenes.axes, world)
    label = torch.where(thing >= 0, scenes.kind.gather(1, thing.clamp(min=0)), surface)
    colour = torch.zeros_like(point)
    for down, right in SAMPLES:
        shift = torch.tensor([right - 0.5, 0.0, down - 0.5]) * 2 * LAMP_SIZE
        colour += _look(scenes, _rays(scenes, size, down, right), scenes.lamp + shift) / len(SAMPLES)
    return Pictures(
        image=colour.movedim(0, 1).reshape(len(scenes), 3, size, size),
        label=label.view(shape),
        thing=thing.view(shape),
        depth=depth.view(shape),
        normal=normal.view(len(scenes), 3, size, size),
    )


def _rays(scenes: Scenes, size: int, down: float, right: float) -> Tensor:
    """World directions ``[3, rows, rays]`` of length 1 along the view's axis, through one place of every pixel."""
    step = torch.arange(size) * (2 / size) - 1
    y, x = torch.meshgrid(-(step + 2 * down / size), step + 2 * right / size, indexing="ij")
    local = torch.stack([x * tan(HALF_VIEW), y * tan(HALF_VIEW), -torch.ones_like(x)]).flatten(1)
    return torch.einsum("rac,ap->crp", scenes.axes, local)


def _first_hit(scenes: Scenes, rays: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Depth, number of the object (-1: the room) and the room's surface behind it, ``[rows, rays]`` each."""
    eye = column(scenes.eye)
    x, y, z = rays
    wall = torch.minimum((torch.sign(x) * ROOM - eye[0]) / x, (-ROOM - eye[2]) / z.clamp(max=-TINY))
    floor = eye[1] / (-y).clamp(min=TINY)
    surface = torch.where(floor < wall, FLOOR, WALL)
    depth, thing = torch.minimum(wall, floor), torch.full_like(surface, -1)
    for number in range(scenes.kind.shape[1]):
        for rows, hit in meet(scenes, number, eye, rays):
            nearer = hit < depth[rows]
            depth[rows] = torch.where(nearer, hit, depth[rows])
            thing[rows] = thing[rows].masked_fill(nearer, number)
    return depth, thing, surface


def _look(scenes: Scenes, rays: Tensor, lamp: Tensor) -> Tensor:
    """What colour each ray sees, ``[3, rows, rays]``: skylight, a lamp with shadows, and highlights on objects."""
    depth, thing, surface = _first_hit(scenes, rays)
    point = column(scenes.eye) + depth * rays
    normal = normal_at(scenes, point, thing, surface)
    most = scenes.kind.shape[1]
    tile = (torch.floor(point[0] / TILE) + torch.floor(point[2] / TILE)).long() % 2
    material = torch.where(thing >= 0, thing, torch.where(surface == FLOOR, most + 1 + tile, most))
    colour = scenes.colour.movedim(-1, 0).gather(2, material.expand(3, -1, -1))
    way = column(lamp) - point
    far = length(way)
    light = (normal * way).sum(0).clamp(min=0) / far
    start = point + 4 * NEAR * normal
    for number in range(most):
        for rows, hit in meet(scenes, number, start, way):
            light[rows] = torch.where(hit < 1, 0.0, light[rows])
    half = way / far - rays / length(rays)
    gloss = torch.where((thing >= 0) & (light > 0), (half * normal).sum(0).clamp(min=0) / length(half), 0.0) ** 40
    bright = 0.32 + 0.08 * normal[1] + 0.95 * light / (1 + 0.02 * far * far)
    return (colour * bright + 0.35 * gloss).clamp(0, 1)
