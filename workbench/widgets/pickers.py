"""Widgets that edit a Spec, made from the components' own declarations alone."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, get_args, get_origin

import ipywidgets as widgets

from workbench.component import Component, Setting, WorkbenchError, component
from workbench.spec import Spec
from workbench.widgets.controls import LABEL_WIDTH, Control, control, css_name
from workbench.widgets.select import GroupedSelect, groups

__all__ = ["FAMILIES_SHOWN", "NUMBERS_SHOWN", "Picker", "Pickers", "TaskPicker", "WeightSliders"]

#: families with a picker; the others stay as the given spec has them
FAMILIES_SHOWN = ("problem", "encoder", "fusion", "weighting")
#: plain fields of the spec with a control
NUMBERS_SHOWN = ("epochs", "batch_size", "lr", "seed")
#: the highest weight the sliders offer at first
LARGEST_WEIGHT = 5.0


def per_task(setting: Setting) -> bool:
    """Whether a setting holds a number for every task: it is shown as the weight sliders."""
    return get_origin(setting.type) is dict and get_args(setting.type)[0] is str and setting.name == "weights"


class Picker:
    """A drop-down of one family's components under headings, the idea of the chosen one, and its settings.

    Args:
        family: such as ``"weighting"``.
        chosen: name and settings to begin with.
        changed: called after every change.
    """

    def __init__(self, family: str, chosen: tuple[str, Mapping[str, Any]], changed: Callable[[], None]) -> None:
        self.family, self._changed, self._quiet = family, changed, False
        self._classes: dict[str, type[Component]] = {}
        self._controls: dict[str, dict[str, Control]] = {}
        self._extra: dict[str, dict[str, Any]] = {}
        self.dropdown = GroupedSelect(groups(family), chosen[0], family, Spec.settings()[family].help)
        self.dropdown.add_class(css_name(family))
        self.settings = widgets.VBox()
        self.widget = widgets.VBox([self.dropdown, self.settings])
        self.set(*chosen)
        self.dropdown.observe(self._choose, "value")

    @property
    def name(self) -> str:
        """The chosen component."""
        return str(self.dropdown.value)

    def offer(self) -> None:
        """List what there is now: a component may have been registered since, or registered anew."""
        self.dropdown.groups = groups(self.family)
        if self._classes.get(self.name) is not component(self.family, self.name):
            self._show()

    def set(self, name: str, settings: Mapping[str, Any]) -> None:
        """Show a choice, without calling ``changed``."""
        self._quiet = True
        try:
            self.offer()
            self.dropdown.value = name
            self._show()
            controls = self._controls[name]
            self._extra[name] = {key: value for key, value in settings.items() if key not in controls}
            for key, each in controls.items():
                each.value = settings.get(key, each.setting.default)
        finally:
            self._quiet = False

    def chosen(self, faults: list[str]) -> dict[str, Any]:
        """Name and settings as a Spec takes them; what cannot be read is added to ``faults``."""
        values: dict[str, Any] = {"name": self.name, **self._extra.get(self.name, {})}
        for key, each in self._controls[self.name].items():
            try:
                values[key] = each.value
            except WorkbenchError as error:
                faults += error.faults
        return values

    def disable(self, off: bool) -> None:
        """Grey out the drop-down and the settings, or give them free."""
        for each in [self.dropdown, *self.settings.children]:
            each.disabled = off

    def _choose(self, _: Any) -> None:
        if not self._quiet:
            self._show()
            self._changed()

    def _tell(self, _: Any) -> None:
        if not self._quiet:
            self._changed()

    def _show(self) -> None:
        name, cls = self.name, component(self.family, self.name)
        if self._classes.get(name) is not cls:
            self._classes[name] = cls
            self._controls[name] = {
                key: control(setting, setting.default, f"{self.family} {name!r}")
                for key, setting in cls.settings().items()
                if not per_task(setting)
            }
            for key, each in self._controls[name].items():
                each.widget.add_class(css_name(self.family, key))
                each.widget.observe(self._tell, "value")
        self.settings.children = [each.widget for each in self._controls[name].values()]


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
    """

    def __init__(self, moved: Callable[[], None]) -> None:
        self.moved = moved
        self.sliders: dict[str, Any] = {}
        self._setting = False
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
        return {name: round(slider.value, 6) for name, slider in self.sliders.items()}

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
                value = float(values.get(name, 1.0))
                slider.max = max(slider.max, value)
                slider.value = value
        finally:
            self._setting = False

    def _slider(self, name: str) -> Any:
        slider = widgets.FloatSlider(
            value=1.0,
            min=0.0,
            max=LARGEST_WEIGHT,
            step=0.05,
            description=name,
            tooltip=f"weight of task {name} in the sum of losses",
            continuous_update=False,
            readout_format=".2f",
            layout=widgets.Layout(width="auto"),
            style={"description_width": LABEL_WIDTH},
        )
        slider.add_class(css_name("weight", name))
        slider.observe(self._move, "value")
        return slider

    def _move(self, _: Any) -> None:
        if not self._setting:
            self.moved()

    def disable(self, reason: str) -> None:
        """Grey out with a reason, or give free with an empty one."""
        self.reason.value = escape(reason)
        for slider in self.sliders.values():
            slider.disabled = bool(reason)


class Pickers:
    """All widgets that edit a spec, and the spec they show.

    Args:
        spec: what to begin with; fields without a widget stay as they are in it.
        changed: called after every change a person makes.
        lr_moved, weights_moved: called after those, which also steer a run.
    """

    def __init__(
        self,
        spec: Spec,
        changed: Callable[[], None],
        lr_moved: Callable[[], None],
        weights_moved: Callable[[], None],
    ) -> None:
        self._base, self._changed, self._quiet = spec, changed, False
        self.pickers = {
            family: Picker(family, spec.chosen(family), self._problem_changed if family == "problem" else self._tell)
            for family in FAMILIES_SHOWN
        }
        self.tasks = TaskPicker(self._tasks_changed)
        self.weights = WeightSliders(weights_moved)
        declared = Spec.settings()
        self.numbers = {name: control(declared[name], getattr(spec, name), "Spec") for name in NUMBERS_SHOWN}
        for name, each in self.numbers.items():
            each.widget.add_class(css_name(name))
            tell = lr_moved if name == "lr" else self._changed
            each.widget.observe(lambda _, tell=tell: None if self._quiet else tell(), "value")
        self.parts: dict[str, Any] = {
            **{family: picker.widget for family, picker in self.pickers.items()},
            **{name: each.widget for name, each in self.numbers.items()},
            "tasks": self.tasks.widget,
            "weights": self.weights.widget,
        }
        self._offer_tasks(spec.tasks)
        self._offer_weights(spec.chosen("weighting")[1].get("weights", {}))

    @property
    def spec(self) -> Spec:
        """The spec as the widgets show it.

        Raises:
            WorkbenchError: every fault of it.
        """
        faults: list[str] = []
        fields = self._base.model_dump()
        for family, picker in self.pickers.items():
            fields[family] = picker.chosen(faults)
        if self.weights_are_settings:
            fields["weighting"]["weights"] = {
                name: value for name, value in self.weights.values.items() if value != 1.0
            }
        fields["tasks"] = self.tasks.chosen
        for name, each in self.numbers.items():
            fields[name] = each.value
        try:
            made = Spec(**fields)
        except WorkbenchError as error:
            raise WorkbenchError(*faults, *error.faults) from None
        if faults:
            raise WorkbenchError(*faults)
        return made

    @spec.setter
    def spec(self, spec: Spec) -> None:
        self._quiet = True
        try:
            self._base = spec
            for family, picker in self.pickers.items():
                picker.set(*spec.chosen(family))
            for name, each in self.numbers.items():
                each.value = getattr(spec, name)
            self._offer_tasks(spec.tasks)
            self._offer_weights(spec.chosen("weighting")[1].get("weights", {}))
        finally:
            self._quiet = False

    def offer(self) -> None:
        """List the components that there are now."""
        for picker in self.pickers.values():
            picker.offer()

    @property
    def weights_are_settings(self) -> bool:
        """Whether the chosen weighting takes its weights from the sliders before it starts."""
        chosen = self.pickers["weighting"]
        return any(per_task(setting) for setting in component("weighting", chosen.name).settings().values())

    @property
    def lr(self) -> float:
        """The learning rate shown."""
        return float(self.numbers["lr"].value)

    def show(self, lr: float, weights: Mapping[str, float]) -> None:
        """Show values that a run has reached, without telling anybody."""
        self._quiet = True
        try:
            self.numbers["lr"].value = lr
            self._offer_weights(weights)
        finally:
            self._quiet = False

    def _tell(self) -> None:
        if not self._quiet:
            self._changed()

    def _problem_changed(self) -> None:
        if not self._quiet:
            self._offer_tasks(None)
            self._offer_weights({})
            self._changed()

    def _tasks_changed(self) -> None:
        if not self._quiet:
            self._offer_weights(self.weights.values)
            self._changed()

    def _offer_tasks(self, chosen: list[str] | None) -> None:
        """Ask the problem for its tasks; one that cannot say yet (a table without a path) says why."""
        faults: list[str] = []
        settings = self.pickers["problem"].chosen(faults)
        name = settings.pop("name")
        if faults:  # half-typed: the tasks stay as they are
            self.tasks.note.value = "<br>".join(map(escape, faults))
            return
        names: list[str] = []
        try:
            names = component("problem", name)(**settings).task_names()  # type: ignore[attr-defined]
        except WorkbenchError as error:
            faults = error.faults
        quiet, self._quiet = self._quiet, True
        try:
            self.tasks.offer(names, chosen)
        finally:
            self._quiet = quiet
        self.tasks.note.value = "<br>".join(map(escape, faults))

    def _offer_weights(self, values: Mapping[str, float]) -> None:
        ticked = self.tasks.chosen
        self.weights.offer(list(self.tasks.boxes) if ticked is None else ticked, values)
