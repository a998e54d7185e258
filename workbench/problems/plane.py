"""Points in the plane, whose answers can be drawn."""

from math import cos, pi, radians, sin
from typing import Annotated

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.problems.base import Problem, Raw
from workbench.tasks.base import Task
from workbench.tasks.classification import Classification
from workbench.tasks.regression import Regression

#: task -> classes, of those that are classifications
CLASSES = {
    "halves": ("lower", "upper"),
    "turned": ("lower", "upper"),
    "quarters": ("alike", "different"),
    "circle": ("outside", "inside"),
    "rings": ("inner", "middle", "outer"),
    "spiral": ("one arm", "other arm"),
}
HEIGHT = "height"
#: how often the arms of the spiral go round, from the centre to the rim
TURNS = 1.5


@register("problem", "plane", source="in the manner of TensorFlow Playground (Smilkov et al., 2017)", tags=("core",))
class Plane(Problem):
    """Points in the plane with tasks that agree, conflict or have nothing in common, by a dial.

    Points are drawn evenly from the disc of radius 1; the view ``vector`` ``[2]`` holds x and y, r and θ are distance
    from the centre and angle, ``φ = θ + twist · r``. The tasks:

    - ``halves``: ``sin φ > 0``: above or below a bent line.
    - ``turned``: ``sin(φ − angle) > 0``: the same line, turned by ``angle``. It agrees with ``halves`` on the share
      ``1 − angle / 180°`` of the points: on all at 0°, on half of them at 90° (neither tells anything of the other), on
      none at 180° (the same line, the opposite answers).
    - ``quarters``: ``sin 2φ > 0``: does ``halves`` differ from ``turned`` at 90°? The exclusive or; no half tells it.
    - ``circle``: ``r² < 1/2``.
    - ``rings``: ``r²`` below 1/3, below 2/3, above: three classes.
    - ``spiral``: ``sin(θ + 3π r) > 0``: two arms, one and a half times round.
    - ``height``: regression, ``1 − r²``, 0 at the rim to 1 in the centre, evenly spread.

    Classes of a task are equally frequent. ``circle``, ``rings`` and ``height`` follow from r alone, ``halves``,
    ``turned`` and ``quarters`` from φ alone, so that the two groups are independent.

    ``noise`` is the share of labels, in all splits, that are replaced by one drawn evenly from the classes, for each
    task on its own: of two classes the best possible accuracy is ``1 − noise / 2``. Heights get normal noise with the
    standard deviation ``noise · 0.289``, that of the heights themselves. Everything is drawn by the seed; the points
    stay the same whatever the dials.
    """

    angle: Annotated[
        float,
        Field(ge=0, le=180, description="degrees between halves and turned; 180: opposite answers"),
        Slider(0, 180),
    ] = 30.0
    twist: Annotated[
        float, Field(ge=-10, le=10, description="bend of their lines, radians from centre to rim"), Slider(-6, 6)
    ] = 1.5
    noise: Annotated[float, Field(ge=0, le=1, description="share of labels drawn at random"), Slider(0, 1)] = 0.0
    rows: Annotated[int, Field(ge=30, le=1_000_000, description="points"), Slider(100, 20_000, log=True)] = 1000

    def load(self, seed: int) -> Raw:
        generator = torch.Generator().manual_seed(seed % 2**63)

        def drawn(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, dtype=torch.float64)

        r, theta = drawn(self.rows).sqrt(), 2 * pi * drawn(self.rows)
        points = torch.stack([r * theta.cos(), r * theta.sin()], dim=1).float()
        targets: dict[str, Tensor] = {}
        for name, answer in self.answers(points.double()).items():
            replaced, other = drawn(self.rows) < self.noise, drawn(self.rows)
            if name == HEIGHT:
                error = torch.randn(self.rows, generator=generator, dtype=torch.float64)
                targets[name] = answer + self.noise * error / 12**0.5
            else:
                targets[name] = torch.where(replaced, (other * len(CLASSES[name])).long(), answer)
        tasks: list[Task] = [Classification(name, classes) for name, classes in CLASSES.items()]
        return Raw({"vector": points}, {"vector": "vector"}, targets, [*tasks, Regression(HEIGHT)])

    def answers(self, points: Tensor) -> dict[str, Tensor]:
        """The right answers at some points, without noise.

        Args:
            points: x and y, ``float64[rows, 2]``.

        Returns:
            task -> numbers of classes ``int64[rows]``, or heights ``float64[rows]``.
        """
        x, y = points.unbind(1)
        r = (x.square() + y.square()).sqrt()

        def turned_by(more: Tensor) -> tuple[Tensor, Tensor]:
            """x and y once every point has gone round by an angle of its own."""
            return x * more.cos() - y * more.sin(), x * more.sin() + y * more.cos()

        across, up = turned_by(self.twist * r)
        _, arm = turned_by(2 * pi * TURNS * r)
        angle = radians(self.angle)
        return {
            "halves": (up > 0).long(),
            "turned": (up * cos(angle) - across * sin(angle) > 0).long(),
            "quarters": (up * across > 0).long(),
            "circle": (r.square() < 1 / 2).long(),
            "rings": (3 * r.square()).long().clamp(max=2),
            "spiral": (arm > 0).long(),
            HEIGHT: 1 - r.square(),
        }

    def task_names(self) -> list[str]:
        return [*CLASSES, HEIGHT]
