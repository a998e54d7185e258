"""A slider whose number can be typed as well, also one beyond the range that the slider proposes."""

from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.component import Setting, WorkbenchError, from_text
from workbench.widgets.scripts import script

__all__ = ["Slide"]

#: factor between two positions of a logarithmic slider, for whole numbers and for others
TWICE, TWENTIETH = 2.0, 10**0.05


class Slide(anywidget.AnyWidget):
    """A label, a slider and a box with the number.

    The slider moves by its steps within the range proposed. What is typed into the box may be any number within the
    hard range: the slider then reaches as far, until the number is back in the proposed range. A number that is
    refused changes nothing.

    Args:
        setting: a number with a ``Slider``.
        where: what it belongs to, for sentences: ``"weighting 'dwa'"``.
        refused: called with a sentence when what was typed cannot be.
        description: the label.
        tooltip: what the label stands for.
    """

    _esm = script("pickers/slide.js")
    _css = Path(__file__).parent / "slide.css"
    value: Any = traitlets.Any().tag(sync=True)
    min: Any = traitlets.Any().tag(sync=True)
    max: Any = traitlets.Any().tag(sync=True)
    #: where the steps are counted from, and how long they are; of a logarithm where ``log``
    low = traitlets.Float().tag(sync=True)
    step = traitlets.Float().tag(sync=True)
    log = traitlets.Bool().tag(sync=True)
    whole = traitlets.Bool().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    tooltip = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, setting: Setting, where: str, refused: Callable[[str], object], description: str, tooltip: str
    ) -> None:
        bar, whole = setting.slider, setting.type is int
        assert bar is not None
        ends = (int(bar.low), int(bar.high)) if whole else (float(bar.low), float(bar.high))
        step = bar.step or (1 if whole else (bar.high - bar.low) / 100)
        if bar.log:
            step = log(TWICE if whole else TWENTIETH)
        self._setting, self._where, self._ends, self._refused = setting, where, ends, refused
        super().__init__(
            min=ends[0],
            max=ends[1],
            value=ends[0],
            low=bar.low,
            step=step,
            log=bar.log,
            whole=whole,
            description=description,
            tooltip=tooltip,
        )
        self.on_msg(self._heard)

    def enter(self, text: str) -> None:
        """Take what a person typed, or say why not; an emptied box changes nothing."""
        ruled, what = replace(self._setting, type=self._setting.rule), f"{self._where} {self._setting.name}"
        try:
            if text:
                self.value = from_text(ruled, _written_out(text) if self.whole else text, what)
        except WorkbenchError as error:
            self._refused(f"{str(error).removesuffix('.')}; it stays {self.value}.")

    def _heard(self, _: Any, message: dict[str, Any], __: Any) -> None:
        self.enter(message["typed"].strip())
        self.send({})  # the box shows the number that counts now

    @traitlets.validate("value")
    def _typed(self, proposal: dict[str, Any]) -> int | float:
        return round(proposal["value"]) if self.whole else float(proposal["value"])

    @traitlets.observe("value")
    def _reach(self, change: dict[str, Any]) -> None:
        """The range is a proposal: it grows to hold the value."""
        value, (low, high) = change["new"], self._ends
        if low <= value <= high:
            self.min, self.max = low, high
        elif value > 0 or not self.log:  # a logarithm has no place for 0
            self.min, self.max = min(self.min, value), max(self.max, value)


def _written_out(text: str) -> str:
    """A whole number without its exponent: ``1e6`` is one."""
    try:
        return f"{float(text):.0f}" if "e" in text.lower() and float(text).is_integer() else text
    except ValueError:
        return text
