"""Controls with one part for every task: which are learned, and what each weighs."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Annotated, Any

import ipywidgets as widgets

from workbench.component import Component, Field, Slider
from workbench.spec import Spec
from workbench.widgets.pickers.controls import css_name
from workbench.widgets.pickers.slide import Slide

__all__ = ["TaskPicker", "WeightSliders"]


class Weight(Component):
    """What a task counts."""

    weight: Annotated[float, Field(ge=0, description="weight in the sum of losses"), Slider(0, 5, step=0.05)] = 1.0


class TaskPicker:
    """A check box for every task of the problem.

    Args:
        changed: called after every change.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.changed = changed
        self.boxes: dict[str, Any] = {}
        self._off = False
        self.note = widgets.HTML()
        self.note.add_class("wb-idea")
        self.grid = widgets.Box()
        self.grid.add_class("wb-boxes")
        label = widgets.HTML(f'<span title="{escape(Spec.settings()["tasks"].help)}">tasks</span>')
        label.add_class("wb-label")
        self.widget = widgets.VBox([widgets.HBox([label, self.grid]), self.note])
        self.widget.add_class("wb-tasks")

    def offer(self, names: list[str], chosen: list[str] | None) -> None:
        """Show these tasks, with the chosen ones ticked (None: all)."""
        if list(self.boxes) != names:
            for box in self.boxes.values():
                box.close()
            self.boxes = {name: self._box(name) for name in names}
            self.grid.children = list(self.boxes.values())
        for name, box in self.boxes.items():
            box.value = chosen is None or name in chosen

    def _box(self, name: str) -> Any:
        box = widgets.Checkbox(description=name, indent=False, disabled=self._off, tooltip=f"learn task {name}")
        box.layout.width = "auto"
        box.add_class(css_name("task", name))
        box.observe(lambda _: self.changed(), "value")
        return box

    @property
    def chosen(self) -> list[str] | None:
        """The ticked tasks, None when it is all of them (or they are not known yet)."""
        ticked = [name for name, box in self.boxes.items() if box.value]
        return None if len(ticked) == len(self.boxes) else ticked

    def disable(self, off: bool) -> None:
        self._off = off
        for box in self.boxes.values():
            box.disabled = off


class WeightSliders:
    """A slider for the weight of every task.

    Args:
        moved: called after a person moved one.
        refused: called with a sentence when what a person typed cannot be.
    """

    def __init__(self, moved: Callable[[], None], refused: Callable[[str], object]) -> None:
        self.moved, self.refused = moved, refused
        self.sliders: dict[str, Slide] = {}
        self._setting = self._off = False
        label = widgets.HTML("task weights")
        label.add_class("wb-label")
        self.reason = widgets.HTML()
        self.reason.add_class("wb-idea")
        self.box = widgets.VBox()
        self.widget = widgets.VBox([label, self.reason, self.box])
        self.widget.add_class("wb-weights")

    @property
    def values(self) -> dict[str, float]:
        """Task name -> weight."""
        return {name: slider.value for name, slider in self.sliders.items()}

    def offer(self, names: list[str], values: Mapping[str, float]) -> None:
        """A slider for each of these tasks, at these values (1 where not named), without calling ``moved``."""
        self._setting = True
        try:
            if list(self.sliders) != names:
                for slider in self.sliders.values():
                    slider.close()
                self.sliders = {name: self._slider(name) for name in names}
                self.box.children = list(self.sliders.values())
            for name, slider in self.sliders.items():
                slider.value = values.get(name, Weight.weight)
        finally:
            self._setting = False

    def _slider(self, name: str) -> Slide:
        setting = Weight.settings()["weight"]
        slider = Slide(setting, f"Task {name!r}", self.refused, name, f"task {name}: {setting.help}")
        slider.disabled = self._off
        slider.add_class(css_name("weight", name))
        slider.observe(self._move, "value")
        return slider

    def _move(self, _: Any) -> None:
        if not self._setting:
            self.moved()

    def disable(self, reason: str) -> None:
        """Grey out with a reason, or give free with an empty one."""
        self.reason.value, self._off = escape(reason), bool(reason)
        for slider in self.sliders.values():
            slider.disabled = self._off
