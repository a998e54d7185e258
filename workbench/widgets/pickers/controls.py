"""One declared setting -> one labelled widget that reads and writes typed values."""

import json
import math
from collections.abc import Callable
from typing import Any, get_origin

import ipywidgets as widgets

from workbench.component import Setting, WorkbenchError, from_text
from workbench.spec import read_json

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
        if hasattr(widget.style, "description_width"):
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
        shown = self._write(value)
        if isinstance(shown, int | float) and hasattr(self.widget, "max"):
            self._widen(shown)
        self.widget.value = shown
        self._given = (self.widget.value, value)

    def _widen(self, value: float) -> None:
        """A slider's range is a proposal: it grows to hold the value."""
        base = getattr(self.widget, "base", None)
        place = math.log(value, base) if base else value
        self.widget.min, self.widget.max = min(self.widget.min, place), max(self.widget.max, place)


def css_name(*parts: str) -> str:
    """The CSS class of a control: ``wb-weighting``, ``wb-weighting-temperature``."""
    return "-".join(["wb", *parts]).replace("_", "-")


def control(setting: Setting, value: Any, where: str) -> Control:
    """The control for a setting, showing a value.

    Args:
        setting: the declaration, from ``Spec.settings()`` or a component's ``settings()``.
        value: what to show first.
        where: what the setting belongs to, for error sentences: ``"weighting 'dwa'"``.
    """
    limits = f" ({setting.range})" if setting.range else ""
    look: dict[str, Any] = {
        "description": setting.name.replace("_", " "),
        "tooltip": f"{setting.help}{limits}",
    }
    made = _control(setting, where, look)
    made.value = value
    made.widget.add_class("wb-control")
    return made


def _control(setting: Setting, where: str, look: dict[str, Any]) -> Control:
    if setting.choices is not None or (setting.type is bool and setting.optional):
        choices = setting.choices if setting.choices is not None else (True, False)
        options = [(str(choice), choice) for choice in choices] + ([("none", None)] if setting.optional else [])
        return Control(setting, widgets.Dropdown(options=options, **look), _same, _same)
    if setting.type is bool:
        return Control(setting, widgets.Checkbox(**look), _same, _same)
    if setting.slider is not None and not setting.optional:
        return _slider(setting, look)
    shown: Callable[[Any], str] = _text
    if get_origin(setting.type) is dict:
        return Control(setting, _field(look, "{}"), lambda text: _from_json(text, setting, where), json.dumps)
    if setting.type is str and not setting.optional:
        return Control(setting, _field(look, "needed" if setting.required else ""), _same, shown)
    hint = "none" if setting.optional else ""
    return Control(setting, _field(look, hint), lambda text: from_text(setting, text, f"{where} {setting.name}"), shown)


def _field(look: dict[str, Any], hint: str) -> Any:
    return widgets.Text(placeholder=hint, continuous_update=False, **look)


def _slider(setting: Setting, look: dict[str, Any]) -> Control:
    slider = setting.slider
    assert slider is not None
    whole = setting.type is int
    look |= {"continuous_update": False}
    if slider.log:
        base = 2.0 if whole else 10.0
        ends = {"min": math.log(slider.low, base), "max": math.log(slider.high, base), "value": slider.low}
        step = 1.0 if whole else 0.05
        bar = widgets.FloatLogSlider(base=base, step=step, readout_format=".0f" if whole else ".3g", **ends, **look)
        return Control(setting, bar, (lambda x: round(x)) if whole else _three_digits, float)
    if whole:
        step = int(slider.step or 1)
        return Control(
            setting, widgets.IntSlider(min=int(slider.low), max=int(slider.high), step=step, **look), _same, _same
        )
    step = slider.step or (slider.high - slider.low) / 100
    bar = widgets.FloatSlider(min=slider.low, max=slider.high, step=step, readout_format=".3g", **look)
    return Control(setting, bar, _three_digits, float)


def _same(value: Any) -> Any:
    return value


def _three_digits(value: float) -> float:
    """What a slider's readout shows is what counts: three significant digits."""
    return float(f"{value:.3g}")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _from_json(text: str, setting: Setting, where: str) -> Any:
    found = read_json(text or "{}", f'{where}: {setting.name} (such as {{"name": value}})')
    if not isinstance(found, dict):
        raise WorkbenchError(f'{where}: {setting.name} should look like {{"name": value}}, found {text!r}.')
    return found
