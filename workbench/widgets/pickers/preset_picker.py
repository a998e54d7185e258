"""The drop-down that fills all controls at once."""

from collections.abc import Callable
from typing import Any

from workbench.spec import Spec
from workbench.widgets.pickers.picker import NONE
from workbench.widgets.pickers.presets import PRESETS
from workbench.widgets.pickers.select import GroupedSelect

__all__ = ["PresetPicker"]

CHANGED = " (changed)"
OWN = {"name": NONE, "idea": "", "source": ""}


class PresetPicker:
    """Offers the presets; after a control was moved it says that its preset was changed.

    Args:
        chosen: called with the spec of a preset that a person chose.
    """

    def __init__(self, chosen: Callable[[Spec], object]) -> None:
        self._chosen = chosen
        self._last = NONE
        self._quiet = False
        self._known = {preset.name: preset for preset in PRESETS}
        self.widget = GroupedSelect(self._groups(""), NONE, "preset", "a situation worth meeting: fills all controls")
        self.widget.add_class("wb-preset")
        self.widget.observe(self._choose, "value")

    def show(self, spec: Spec | None) -> None:
        """Say whether the controls still show a preset.

        Args:
            spec: what they show; None: it has faults.
        """
        if self._last == NONE:
            self._last = next((name for name, preset in self._known.items() if preset.spec == spec), NONE)
        self._quiet = True
        try:
            if self._last == NONE or self._known[self._last].spec == spec:
                self.widget.value = self._last
                self.widget.groups = self._groups("")
            else:
                self.widget.groups = self._groups(self._last)
                self.widget.value = self._last + CHANGED
        finally:
            self._quiet = False

    def _groups(self, changed: str) -> list[dict[str, Any]]:
        items = [OWN]
        for name, preset in self._known.items():
            items.append({"name": name, "idea": preset.idea, "source": ""})
            if name == changed:
                items.append({"name": name + CHANGED, "idea": f"Was: {preset.idea}", "source": ""})
        return [{"heading": "", "more": False, "items": items}]

    def _choose(self, change: dict[str, Any]) -> None:
        if self._quiet or change["new"].endswith(CHANGED):
            return
        self._last = change["new"]
        if self._last != NONE:
            self._chosen(self._known[self._last].spec)
        else:
            self.show(None)
