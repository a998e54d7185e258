"""Rooms with objects, drawn at random.

x is to the right, y up, in metres; the floor is y = 0. A camera's x is to the right, y up, z towards the viewer, who
looks along -z.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import pi

import torch
import torch.nn.functional as F
from torch import Tensor

#: what a pixel shows; the objects last
CLASSES = ("wall", "floor", "sphere", "box", "cylinder")
WALL, FLOOR, SPHERE, BOX, CYLINDER = range(5)
#: cells of the floor, a side, each of which may hold an object; length of a cell
CELLS, CELL = 3, 1.35
#: the room: walls at x = -ROOM, x = ROOM and z = -ROOM
ROOM = 3.8


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
    back = F.normalize(eye - torch.tensor([0.0, 0.3, 0.0]), dim=-1)
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


def _colour(hue: Tensor, saturation: float, value: float) -> Tensor:
    """Colours ``[..., 3]`` of hues 0 … 1."""
    wheel = ((hue.unsqueeze(-1) * 6 + torch.tensor([5.0, 3.0, 1.0])) % 6 - 3).abs() - 1
    return value * (1 - saturation * (1 - (2 - (wheel + 1)).clamp(0, 1)))


def _room_colours(uniform: Callable[..., Tensor]) -> Tensor:
    """Colours of wall and floor tiles, ``[rows, 3, 3]``."""
    hue, floor = uniform(0, 1), uniform(0, 1)
    tile = _colour(floor, 0.25, 0.75)
    return torch.stack([_colour(hue, 0.18, 0.9), tile, 0.72 * tile], dim=1)
