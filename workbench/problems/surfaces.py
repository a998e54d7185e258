"""Where rays meet the surfaces of objects, and how these lie."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.problems.rooms import BOX, CYLINDER, FLOOR, ROOM, SPHERE, WALL, Scenes

#: a ray starts so far from where it began, so that a surface does not meet itself
NEAR = 1e-3
TINY = 1e-9


def column(points: Tensor) -> Tensor:
    """``[rows, 3] -> [3, rows, 1]``."""
    return points.T.unsqueeze(-1)


def length(vectors: Tensor) -> Tensor:
    """``[3, ...] -> [...]`` (several times faster than torch's own norm over a first axis)."""
    return (vectors * vectors).sum(0).sqrt()


def meet(scenes: Scenes, number: int, start: Tensor, rays: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Where rays meet the object of this number, as multiples of their length (inf where they do not).

    Yields:
        scenes in which the object is of one kind, and the result for these.
    """
    for kind, shape in MEET.items():
        rows = (scenes.kind[:, number] == kind).nonzero().squeeze(1)
        if len(rows):
            cosine, sine = scenes.turn[rows, number].T.unsqueeze(-1)
            o = start[:, rows] - column(scenes.place[rows, number])
            size = column(scenes.size[rows, number])
            yield rows, shape(_turned(o, cosine, sine), _turned(rays[:, rows], cosine, sine), size)


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


def normal_at(scenes: Scenes, point: Tensor, thing: Tensor, surface: Tensor) -> Tensor:
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
    face = F.one_hot((local / size).abs().argmax(0), 3).T * local.sign()
    at_top = local[1] >= size[1] * (1 - 1e-4)
    across = torch.stack([local[0], torch.zeros_like(local[1]), local[2]])
    round_side = torch.where(at_top, torch.tensor([[0.0], [1.0], [0.0]]), across)
    found = torch.where(kind == SPHERE, local, torch.where(kind == BOX, face, round_side))
    normal[:, row, ray] = torch.stack(_turned(found / length(found), cosine, -sine))
    return normal
