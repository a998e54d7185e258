"""Rendered rooms whose every pixel is known."""

from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from workbench.component import Field, Slider, register
from workbench.problems.base import Problem, Raw
from workbench.problems.rendering import Pictures, render
from workbench.problems.rooms import BOX, CLASSES, CYLINDER, SPHERE, Scenes, draw
from workbench.tasks.base import Task
from workbench.tasks.depth import Depth
from workbench.tasks.multilabel import MultiLabel
from workbench.tasks.normals import Normals
from workbench.tasks.ordinal import Ordinal
from workbench.tasks.reconstruction import Reconstruction
from workbench.tasks.segmentation import Segmentation

RECONSTRUCTION = "reconstruction"
#: the tasks with one label a picture
SEEN_TASKS = {"objects", "shapes"}
#: an object that shows fewer pixels than this share of the picture does not count as seen
SEEN = 1 / 256


@register("problem", "scenes", source="rendered by the project itself", tags=("core",))
class SceneImages(Problem):
    """Rendered rooms with spheres, boxes and cylinders: class, depth and surface normal of every pixel.

    Pictures are ray-cast from a drawn room: a tiled floor, three walls, 1 to ``objects`` objects that stand on the
    floor, a lamp with shadows, a camera somewhere in front; colours say nothing about shapes. All labels are exact:
    those of the ray through the middle of a pixel. The view ``image`` is ``[3, size, size]``, 0 to 1, with a little
    noise.

    - ``segmentation``: wall, floor, sphere, box or cylinder.
    - ``depth``: distance along the view's axis, in metres (about 2 to 10).
    - ``normals``: x to the right, y up, z towards the viewer.
    - ``objects``: how many objects can be seen, ordinal.
    - ``shapes``: whether a sphere, a box, a cylinder can be seen, multi-label.

    An object is seen where it shows at least one pixel of 256. ``reconstruct`` adds ``reconstruction``. Everything is
    drawn by the seed. Rendering 400 pictures of 32 (64) pixels takes about 1 (3) seconds.
    """

    gives = ("image",)
    wants = ("vector", "map")

    rows: Annotated[int, Field(ge=30, le=50_000, description="pictures, all splits together"), Slider(100, 5000)] = 600
    size: Annotated[int, Field(ge=16, le=256, description="pixels a side"), Slider(16, 128, step=16)] = 32
    objects: Annotated[int, Field(ge=2, le=9, description="most objects in a room"), Slider(2, 9)] = 5
    noise: Annotated[
        float, Field(ge=0, le=1, description="standard deviation of the pixels' noise"), Slider(0, 0.3)
    ] = 0.02
    reconstruct: Annotated[bool, Field(description="add the task of reconstructing the picture")] = False
    augment: Annotated[
        Literal["none", "flip", "crop", "standard", "colour", "strong"],
        Field(description="changes of training pictures and labels; standard: crop and flip; strong: colour too"),
    ] = "none"

    def load(self, seed: int) -> Raw:
        generator = torch.Generator().manual_seed(seed % 2**63)
        scenes = draw(self.rows, self.objects, generator)
        pictures = render(scenes, self.size)
        noise = self.noise * torch.randn(pictures.image.shape, generator=generator)
        image = (pictures.image + noise).clamp(0, 1)
        seen = visible(pictures, scenes)
        shapes = torch.stack([(seen & (scenes.kind == kind)).any(1) for kind in (SPHERE, BOX, CYLINDER)], dim=1)
        targets: dict[str, Tensor] = {
            "segmentation": pictures.label,
            "depth": pictures.depth,
            "normals": pictures.normal,
            "objects": seen.sum(1),
            "shapes": shapes.float(),
        }
        tasks: list[Task] = [
            Segmentation("segmentation", CLASSES),
            Depth("depth", unit="m"),
            Normals("normals"),
            Ordinal("objects", [str(count) for count in range(self.objects + 1)]),
            MultiLabel("shapes", CLASSES[SPHERE:]),
        ]
        if self.reconstruct:
            targets[RECONSTRUCTION] = image
            tasks.append(Reconstruction(RECONSTRUCTION, reads="map"))
        raw = Raw({"image": image}, {"image": "image"}, targets, tasks)
        if self.augment != "none":
            from workbench.problems.augment import Augment

            kinds = {"image": "image", "segmentation": "labels", "depth": "depth", "normals": "normals"}
            raw.augment = Augment(self.augment, image.shape[2:], {**kinds, RECONSTRUCTION: "original"})
        return raw

    @classmethod
    def wanted(cls, spec: Any) -> tuple[str, ...]:
        """What is seen is told from a vector, so that any encoder of images serves where nothing else is asked."""
        return ("vector",) if spec.tasks is not None and set(spec.tasks) <= SEEN_TASKS else cls.wants

    def task_names(self) -> list[str]:
        names = ["segmentation", "depth", "normals", "objects", "shapes"]
        return [*names, *([RECONSTRUCTION] if self.reconstruct else [])]


def visible(pictures: Pictures, scenes: Scenes) -> Tensor:
    """Which objects can be seen, ``bool[rows, most]``."""
    pixels = pictures.thing.flatten(1)
    numbers = range(scenes.kind.shape[1])
    return torch.stack([(pixels == number).sum(1) for number in numbers], dim=1) >= max(1, SEEN * pixels.shape[1])
