"""Simple rooms with objects, ray-cast: colour, class, object, depth and normal of every pixel.

World: x right, y up, metres; the floor is y = 0. Camera: x right, y up, z towards the viewer, who looks along -z.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from math import pi, tan

import torch
from torch import Tensor

#: what a pixel shows; the objects last
CLASSES = ("wall", "floor", "sphere", "box", "cylinder")
WALL, FLOOR, SPHERE, BOX, CYLINDER = range(5)
#: cells of the floor, a side, each of which may hold an object; length of a cell
CELLS, CELL = 3, 1.35
#: the room: walls at x = -ROOM, x = ROOM and z = -ROOM
ROOM = 3.8
#: half the angle of view
HALF_VIEW = pi / 5.8
#: so many rays are cast at once: more would not fit the processor's cache
RAYS = 2**15
#: where in a pixel its colour is looked up, and where the lamp is then
SAMPLES = ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))
LAMP_SIZE = 0.35
TILE = 0.9
NEAR, TINY = 1e-3, 1e-9


@dataclass
class Scenes:
    """What is in some rooms, and from where they are seen.

    Attributes:
        kind: of each object, ``int64[rows, most]``, -1 where there is none.
        place: of its centre, ``[rows, most, 3]``.
        size: half its width, height and depth before it is turned, ``[rows, most, 3]``.
        turn: cosine and sine of its angle about the vertical, ``[rows, most, 2]``.
        colour: of each object, then of wall and of the floor's two tiles, ``[rows, most + 3, 3]``.
        eye: of the camera, ``[rows, 3]``.
        axes: the camera's axes as rows, ``[rows, 3, 3]``.
        lamp: ``[rows, 3]``.
    """

    kind: Tensor
    place: Tensor
    size: Tensor
    turn: Tensor
    colour: Tensor
    eye: Tensor
    axes: Tensor
    lamp: Tensor

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, rows: slice) -> "Scenes":
        return Scenes(*(getattr(self, field.name)[rows] for field in fields(self)))


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


def draw(rows: int, most: int, generator: torch.Generator) -> Scenes:
    """Random rooms with one to ``most`` objects each (at most 9), none inside another."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(rows, *shape, generator=generator)

    counts = torch.randint(1, most + 1, (rows, 1), generator=generator)
    there = torch.arange(most) < counts
    kind = torch.where(there, torch.randint(SPHERE, CYLINDER + 1, (rows, most), generator=generator), -1)
    radius = uniform(0.36, 0.62, most)
    stretch = uniform(0.6, 1.2, most)
    slim = uniform(0.55, 1.0, most)
    size = torch.stack([radius, radius * torch.where(kind == SPHERE, 1.0, stretch), radius], dim=-1)
    box = torch.stack([0.8 * radius, radius * stretch, 0.8 * radius * slim], dim=-1)
    size = torch.where((kind == BOX).unsqueeze(-1), box, size)
    cell = torch.rand(rows, CELLS**2, generator=generator).argsort(dim=1)[:, :most]
    middle = torch.stack([cell % CELLS, cell // CELLS], dim=-1) - (CELLS - 1) / 2
    free = (CELL / 2 - radius).unsqueeze(-1)
    x, z = (middle * CELL + free * uniform(-1, 1, most, 2)).unbind(-1)
    angle = uniform(0, 2 * pi, most)

    around, distance, height = uniform(-0.42, 0.42), uniform(4.3, 5.0), uniform(1.6, 3.0)
    eye = torch.stack([distance * around.sin(), height, distance * around.cos()], dim=-1)
    back = torch.nn.functional.normalize(eye - torch.tensor([0.0, 0.3, 0.0]), dim=-1)
    right = torch.stack([around.cos(), torch.zeros(rows), -around.sin()], dim=-1)
    return Scenes(
        kind=kind,
        place=torch.stack([x, size[..., 1], z], dim=-1),
        size=size,
        turn=torch.stack([angle.cos(), angle.sin()], dim=-1),
        colour=torch.cat([_colour(uniform(0, 1, most), 0.65, 0.95), _room_colours(uniform)], dim=1),
        eye=eye,
        axes=torch.stack([right, torch.linalg.cross(back, right), back], dim=1),
        lamp=torch.stack([uniform(-2, 2), uniform(3.5, 4.5), uniform(0, 2.5)], dim=-1),
    )


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
    point = _column(scenes.eye) + depth * rays
    world = _normal(scenes, point, thing, surface)
    normal = torch.einsum("rac,crp->rap", scenes.axes, world)
    label = torch.where(thing >= 0, scenes.kind.gather(1, thing.clamp(min=0)), surface)
    colour = torch.zeros_like(point)
    for down, right in SAMPLES:
        shift = torch.tensor([right - 0.5, 0.0, down - 0.5]) * 4 * LAMP_SIZE
        colour += _look(scenes, _rays(scenes, size, down, right), scenes.lamp + shift) / len(SAMPLES)
    return Pictures(
        image=colour.movedim(0, 1).reshape(len(scenes), 3, size, size),
        label=label.view(shape),
        thing=thing.view(shape),
        depth=depth.view(shape),
        normal=normal.view(len(scenes), 3, size, size),
    )


def _column(points: Tensor) -> Tensor:
    """``[rows, 3] -> [3, rows, 1]``."""
    return points.T.unsqueeze(-1)


def _rays(scenes: Scenes, size: int, down: float, right: float) -> Tensor:
    """World directions ``[3, rows, rays]`` of length 1 along the view's axis, through one place of every pixel."""
    step = torch.arange(size) * (2 / size) - 1
    y, x = torch.meshgrid(-(step + 2 * down / size), step + 2 * right / size, indexing="ij")
    local = torch.stack([x * tan(HALF_VIEW), y * tan(HALF_VIEW), -torch.ones_like(x)]).flatten(1)
    return torch.einsum("rac,ap->crp", scenes.axes, local)


def _first_hit(scenes: Scenes, rays: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Depth, number of the object (-1: the room) and the room's surface behind it, ``[rows, rays]`` each."""
    eye = _column(scenes.eye)
    x, y, z = rays
    wall = torch.minimum((torch.sign(x) * ROOM - eye[0]) / x, (-ROOM - eye[2]) / z.clamp(max=-TINY))
    floor = eye[1] / (-y).clamp(min=TINY)
    surface = torch.where(floor < wall, FLOOR, WALL)
    depth, thing = torch.minimum(wall, floor), torch.full_like(surface, -1)
    for number in range(scenes.kind.shape[1]):
        for rows, hit in _meet(scenes, number, eye, rays):
            nearer = hit < depth[rows]
            depth[rows] = torch.where(nearer, hit, depth[rows])
            thing[rows] = thing[rows].masked_fill(nearer, number)
    return depth, thing, surface


def _meet(scenes: Scenes, number: int, start: Tensor, rays: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Where rays meet the object of this number, as multiples of their length (inf where they do not).

    Yields:
        scenes in which the object is of one kind, and the result for these.
    """
    for kind, meet in MEET.items():
        rows = (scenes.kind[:, number] == kind).nonzero().squeeze(1)
        if len(rows):
            cosine, sine = scenes.turn[rows, number].T.unsqueeze(-1)
            o = start[:, rows] - _column(scenes.place[rows, number])
            size = _column(scenes.size[rows, number])
            yield rows, meet(_turned(o, cosine, sine), _turned(rays[:, rows], cosine, sine), size)


Vector = tuple[Tensor, Tensor, Tensor]


def _turned(v: Tensor, cosine: Tensor, sine: Tensor) -> Vector:
    """Into the axes of an object that is turned about the vertical."""
    return cosine * v[0] - sine * v[2], v[1], sine * v[0] + cosine * v[2]


def _meet_sphere(o: Vector, d: Vector, size: Tensor) -> Tensor:
    a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2]
    c = o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - size[0] * size[0]
    return _nearer_root(a, b, c)


def _meet_cylinder(o: Vector, d: Vector, size: Tensor) -> Tensor:
    a, b, c = d[0] * d[0] + d[2] * d[2], o[0] * d[0] + o[2] * d[2], o[0] * o[0] + o[2] * o[2] - size[0] * size[0]
    side = _nearer_root(a, b, c)
    side = torch.where((o[1] + side * d[1]).abs() <= size[1], side, torch.inf)
    top = (size[1] - o[1]) / _not_zero(d[1])
    x, z = o[0] + top * d[0], o[2] + top * d[2]
    top = torch.where((x * x + z * z <= size[0] * size[0]) & (top > NEAR), top, torch.inf)
    return torch.minimum(side, top)


def _meet_box(o: Vector, d: Vector, size: Tensor) -> Tensor:
    enter, leave = torch.full_like(d[0], -torch.inf), torch.full_like(d[0], torch.inf)
    for axis in range(3):
        inverse = 1 / _not_zero(d[axis])
        middle, half = -o[axis] * inverse, size[axis] * inverse.abs()
        enter, leave = torch.maximum(enter, middle - half), torch.minimum(leave, middle + half)
    return torch.where((enter <= leave) & (enter > NEAR), enter, torch.inf)


MEET: dict[int, Callable[[Vector, Vector, Tensor], Tensor]] = {
    SPHERE: _meet_sphere,
    BOX: _meet_box,
    CYLINDER: _meet_cylinder,
}


def _not_zero(x: Tensor) -> Tensor:
    return torch.where(x.abs() > TINY, x, TINY)


def _nearer_root(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """The smaller solution of ``a t² + 2 b t + c = 0``; inf where there is none ahead."""
    inside = b * b - a * c
    t = (-b - inside.clamp(min=0).sqrt()) / a
    return torch.where((inside > 0) & (t > NEAR), t, torch.inf)


def _normal(scenes: Scenes, point: Tensor, thing: Tensor, surface: Tensor) -> Tensor:
    """World normals at points on the given objects, or on wall or floor, ``[3, rows, rays]``."""
    normal = torch.zeros_like(point)
    normal[1] = surface == FLOOR
    side = (surface == WALL) & (point[0].abs() > ROOM * (1 - 1e-5))
    normal[0] = torch.where(side, -point[0].sign(), 0.0)
    normal[2] = ((surface == WALL) & ~side).float()
    row, ray = (thing >= 0).nonzero(as_tuple=True)
    number = thing[row, ray]
    kind, (cosine, sine) = scenes.kind[row, number], scenes.turn[row, number].T
    size = scenes.size[row, number].T
    local = torch.stack(_turned(point[:, row, ray] - scenes.place[row, number].T, cosine, sine))
    face = torch.nn.functional.one_hot((local / size).abs().argmax(0), 3).T * local.sign()
    at_top = local[1] >= size[1] * (1 - 1e-4)
    across = torch.stack([local[0], torch.zeros_like(local[1]), local[2]])
    round_side = torch.where(at_top, torch.tensor([[0.0], [1.0], [0.0]]), across)
    found = torch.where(kind == SPHERE, local, torch.where(kind == BOX, face, round_side))
    normal[:, row, ray] = torch.stack(_turned(found / _length(found), cosine, -sine))
    return normal


def _length(vectors: Tensor) -> Tensor:
    """``[3, ...] -> [...]`` (several times faster than torch's own norm over a first axis)."""
    return (vectors * vectors).sum(0).sqrt()


def _look(scenes: Scenes, rays: Tensor, lamp: Tensor) -> Tensor:
    """What colour each ray sees, ``[3, rows, rays]``: skylight, a lamp with shadows, and highlights on objects."""
    depth, thing, surface = _first_hit(scenes, rays)
    point = _column(scenes.eye) + depth * rays
    normal = _normal(scenes, point, thing, surface)
    most = scenes.kind.shape[1]
    tile = (torch.floor(point[0] / TILE) + torch.floor(point[2] / TILE)).long() % 2
    material = torch.where(thing >= 0, thing, torch.where(surface == FLOOR, most + 1 + tile, most))
    colour = scenes.colour.movedim(-1, 0).gather(2, material.expand(3, -1, -1))
    way = _column(lamp) - point
    far = _length(way)
    light = (normal * way).sum(0).clamp(min=0) / far
    start = point + 4 * NEAR * normal
    for number in range(most):
        for rows, hit in _meet(scenes, number, start, way):
            light[rows] = torch.where(hit < 1, 0.0, light[rows])
    half = way / far - rays / _length(rays)
    gloss = torch.where((thing >= 0) & (light > 0), (half * normal).sum(0).clamp(min=0) / _length(half), 0.0) ** 40
    bright = 0.32 + 0.08 * normal[1] + 0.95 * light / (1 + 0.02 * far * far)
    return (colour * bright + 0.35 * gloss).clamp(0, 1)


def _colour(hue: Tensor, saturation: float, value: float) -> Tensor:
    """Colours ``[..., 3]`` of hues 0 … 1."""
    wheel = ((hue.unsqueeze(-1) * 6 + torch.tensor([5.0, 3.0, 1.0])) % 6 - 3).abs() - 1
    return value * (1 - saturation * (1 - (2 - (wheel + 1)).clamp(0, 1)))


def _room_colours(uniform: Callable[..., Tensor]) -> Tensor:
    """Colours of wall and floor tiles, ``[rows, 3, 3]``."""
    hue, floor = uniform(0, 1), uniform(0, 1)
    tile = _colour(floor, 0.25, 0.75)
    return torch.stack([_colour(hue, 0.18, 0.9), tile, 0.72 * tile], dim=1)
