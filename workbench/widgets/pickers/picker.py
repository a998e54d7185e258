"""One family's components to choose from, with the settings of the chosen one."""

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

import ipywidgets as widgets

from workbench.component import Component, Setting, WorkbenchError, component
from workbench.spec import Spec
from workbench.widgets.pickers.controls import Control, control, css_name
from workbench.widgets.pickers.select import GroupedSelect, groups

__all__ = ["NONE", "Picker", "per_task"]

#: the choice of no component, in families that a spec may leave out
NONE = "none"


def per_task(setting: Setting) -> bool:
    """Whether a setting holds a number for every task: it is shown as the weight sliders."""
    return get_origin(setting.type) is dict and get_args(setting.type)[0] is str and setting.name == "weights"


class Picker:
    """A drop-down of one family's components under headings, the idea of the chosen one, and its settings.

    Args:
        family: such as ``"weighting"``.
        chosen: name and settings to begin with, see ``set``.
        changed: called after every change.
        refused: called with a sentence when what a person typed cannot be.
    """

    def __init__(
        self,
        family: str,
        chosen: tuple[str, Mapping[str, Any]],
        changed: Callable[[], None],
        refused: Callable[[str], object],
    ) -> None:
        self.family, self._changed, self._refused, self._quiet = family, changed, refused, False
        self._classes: dict[str, type[Component]] = {}
        self._controls: dict[str, dict[str, Control]] = {}
        self._extra: dict[str, dict[str, Any]] = {}
        declared = Spec.settings()[family]
        self._optional = declared.optional
        label = family.replace("_", " ")
        self.dropdown = GroupedSelect(self._groups(), chosen[0], label, declared.help)
        self.dropdown.add_class(css_name(family))
        self.settings = widgets.VBox()
        self.widget = widgets.VBox([self.dropdown, self.settings])
        self.set(*chosen)
        self.dropdown.observe(self._choose, "value")

    @property
    def name(self) -> str:
        """The chosen component; ``none`` for none."""
        return str(self.dropdown.value)

    @property
    def words(self) -> str:
        """The choice as a person reads it, with the settings that differ from their defaults: ``sgd momentum 0.5``."""
        values, controls = self.chosen([]) or {}, self._controls.get(self.name, {})
        changed = [
            f"{key} {values.get(key)}" for key, each in controls.items() if values.get(key) != each.setting.default
        ]
        return " ".join([self.name, *changed])

    def offer(self) -> None:
        """List what there is now: a component may have been registered since, or registered anew."""
        self.dropdown.groups = self._groups()
        if self.name != NONE and self._classes.get(self.name) is not component(self.family, self.name):
            self._show()

    def set(self, name: str, settings: Mapping[str, Any]) -> None:
        """Show a choice, without calling ``changed``.

        Args:
            name: of the component; ``none`` for none.
            settings: those that differ from their defaults.
        """
        self._quiet = True
        try:
            self.offer()
            self.dropdown.value = name
            self._show()
            controls = self._controls.get(name, {})
            self._extra[name] = {key: value for key, value in settings.items() if key not in controls}
            for key, each in controls.items():
                each.value = settings.get(key, each.setting.default)
        finally:
            self._quiet = False

    def chosen(self, faults: list[str]) -> dict[str, Any] | None:
        """Name and settings as a Spec takes them; what cannot be read is added to ``faults``.

        A setting that is needed and empty is left out: the component says that it is needed.
        """
        if self.name == NONE:
            return None
        values: dict[str, Any] = {"name": self.name, **self._extra.get(self.name, {})}
        for key, each in self._controls[self.name].items():
            try:
                value = each.value
            except WorkbenchError as error:
                faults += error.faults
                continue
            if value is not None or not each.setting.required:
                values[key] = value
        return values

    def disable(self, off: bool) -> None:
        """Grey out the drop-down and the settings, or give them free."""
        for each in [self.dropdown, *self.settings.children]:
            each.disabled = off

    def _groups(self) -> list[dict[str, Any]]:
        off = {"name": NONE, "idea": Spec.settings()[self.family].help, "source": ""}
        return [{"heading": "", "more": False, "items": [off]}] * self._optional + groups(self.family)

    def _choose(self, _: Any) -> None:
        if not self._quiet:
            self._show()
            self._changed()

    def _tell(self, _: Any) -> None:
        if not self._quiet:
            self._changed()

    def _show(self) -> None:
        name = self.name
        if name == NONE:
            self.settings.children = []
            return
        cls = component(self.family, name)
        if self._classes.get(name) is not cls:
            self._classes[name] = cls
            self._controls[name] = {
                key: control(setting, setting.default, f"{self.family} {name!r}", self._refused)
                for key, setting in cls.settings().items()
                if not per_task(setting)
            }
            for key, each in self._controls[name].items():
                each.widget.add_class(css_name(self.family, key))
                each.widget.observe(self._tell, "value")
        self.settings.children = [each.widget for each in self._controls[name].values()]
