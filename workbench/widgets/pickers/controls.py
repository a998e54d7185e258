"""One declared setting -> one labelled widget that reads and writes typed values."""

import json
from collections.abc import Callable
from typing import Any, get_origin

import ipywidgets as widgets

from workbench.component import Setting, WorkbenchError, from_text
from workbench.spec import read_json
from workbench.widgets.pickers.slide import Slide

__all__ = ["Control", "control", "css_name"]

LABEL_WIDTH = "92px"


class Control:
    """A widget that stands for one setting.

    Args:
        setting: the declaration; its help becomes the tooltip.
        widget: shows the value.
        read: what the widget shows -> typed value; raises ``WorkbenchError`` for what cannot be read.
        write: typed value -> what the widget shows.
    """

    def __init__(self, setting: Setting, widget: Any, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> None:
        self.setting, self.widget = setting, widget
        self._read, self._write = read, write
        widget.layout.width = "auto"
        if hasattr(widget, "style"):
            widget.style.description_width = LABEL_WIDTH
        self._given: tuple[Any, Any] | None = None

    @property
    def value(self) -> Any:
        """The typed value; exactly the one that was set, as long as nobody moved the widget.

        Raises:
            WorkbenchError: the text cannot be read as the declared type.
        """
        shown = self.widget.value
        if self._given is not None and self._given[0] == shown:
            return self._given[1]
        return self._read(shown)

    @value.setter
    def value(self, value: Any) -> None:
        self.widget.value = self._write(value)
        self._given = (self.widget.value, value)


def css_name(*parts: str) -> str:
    """The CSS class of a control: ``wb-weighting``, ``wb-weighting-temperature``."""
    return "-".join(["wb", *parts]).replace("_", "-")


def control(setting: Setting, value: Any, where: str, refused: Callable[[str], object]) -> Control:
    """The control for a setting, showing a value.

    Args:
        setting: the declaration, from ``Spec.settings()`` or a component's ``settings()``.
        value: what to show first.
        where: what the setting belongs to, for error sentences: ``"weighting 'dwa'"``.
        refused: called with a sentence when a number that a person typed cannot be.
    """
    limits = f" ({setting.range})" if setting.range else ""
    look: dict[str, Any] = {
        "description": setting.name.replace("_", " "),
        "tooltip": f"{setting.help}{limits}",
    }
    made = _control(setting, where, look, refused)
    made.value = value
    made.widget.add_class("wb-control")
    return made


def _control(setting: Setting, where: str, look: dict[str, Any], refused: Callable[[str], object]) -> Control:
    if setting.choices is not None or (setting.type is bool and setting.optional):
        choices = setting.choices if setting.choices is not None else (True, False)
        options = [(str(choice), choice) for choice in choices] + ([("none", None)] if setting.optional else [])
        return Control(setting, widgets.Dropdown(options=options, **look), _same, _same)
    if setting.type is bool:
        return Control(setting, widgets.Checkbox(**look), _same, _same)
    if setting.slider is not None and not setting.optional:
        return Control(setting, Slide(setting, where, refused, **look), _same, _same)
    shown: Callable[[Any], str] = _text
    if get_origin(setting.type) is dict:
        return Control(setting, _field(look, "{}"), lambda text: _from_json(text, setting, where), json.dumps)
    if setting.type is str and not setting.optional:
        hint = "needed" if setting.required else setting.default
        return Control(setting, _field(look, hint), lambda text: text or setting.default, shown)
    hint = "none" if setting.optional else ""
    return Control(setting, _field(look, hint), lambda text: from_text(setting, text, f"{where} {setting.name}"), shown)


def _field(look: dict[str, Any], hint: str) -> Any:
    return widgets.Text(placeholder=hint, continuous_update=False, **look)


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _from_json(text: str, setting: Setting, where: str) -> Any:
    found = read_json(text or "{}", f'{where}: {setting.name} (such as {{"name": value}})')
    if not isinstance(found, dict):
        raise WorkbenchError(f'{where}: {setting.name} should look like {{"name": value}}, found {text!r}.')
    return found
