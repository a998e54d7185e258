"""Weightings made of another one's weights."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from torch import Tensor, nn

from workbench.component import Field, WorkbenchError, from_text, members, one_of
from workbench.weightings.base import GramianWeighting


class Wrapper(GramianWeighting):
    """Base: a gramian weighting inside, named by the setting ``of`` with its own settings.

    Binding, resetting and state reach the inner weighting; heads are treated as it treats them.
    """

    of: Annotated[
        str, Field(description="the gramian weighting inside: its name, or name(setting=value, …)", min_length=1)
    ] = "mgda"

    @classmethod
    def check(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        values = super().check(settings)
        parsed(values["of"], f"weighting {cls.name!r}: of")
        return values

    def setup(self) -> None:
        inner, settings = parsed(self.of, f"weighting {self.name!r}: of")
        self.inner = inner(**settings)
        self.heads = self.inner.heads
        super().setup()

    def bind(self, names: Sequence[str], seed: int = 0, device: Any = "cpu") -> None:
        self.inner.bind(names, seed, device)
        super().bind(names, seed, device)

    def reset(self, seed: int = 0) -> None:
        self.inner.reset(seed)

    def parameters(self) -> list[nn.Parameter]:
        return self.inner.parameters()

    def head_weights(self, weights: Tensor, losses: Tensor) -> Tensor:
        return self.inner.head_weights(weights, losses)

    def end_epoch(self, losses: Tensor) -> None:
        self.inner.end_epoch(losses)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "of": self.inner.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.inner.load_state_dict(state["of"])


def parsed(text: str, where: str) -> tuple[type[GramianWeighting], dict[str, Any]]:
    """The class and the settings that ``name`` or ``name(setting=value, …)`` stands for.

    Values are written as on the command line; lists and mappings as JSON.

    Raises:
        WorkbenchError: another form, no gramian weighting of that name, a wrapper, or faulty settings.
    """
    form = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", text, re.DOTALL)
    if not form:
        raise WorkbenchError(f"{where} should be a name or name(setting=value, …), found {text!r}.")
    name, inside = form[1], form[2] or ""
    known = members("weighting")
    allowed = {key: cls for key, cls in known.items() if issubclass(cls, GramianWeighting)}
    if issubclass(known.get(name, object), Wrapper):
        raise WorkbenchError(f"{where} = {text!r}: a wrapper such as {name!r} cannot be wrapped again.")
    plain = {key: cls for key, cls in allowed.items() if not issubclass(cls, Wrapper)}
    if name not in plain:
        raise WorkbenchError(f"{where} names no gramian weighting {name!r}: {one_of(name, plain)}.")
    cls = plain[name]
    faults: list[str] = []
    settings: dict[str, Any] = {}
    for part in _split(inside):
        key, mark, value = (piece.strip() for piece in part.partition("="))
        if not mark:
            faults.append(f"{where} = {text!r} should hold setting=value between the brackets, found {part.strip()!r}.")
        elif key not in cls.settings():
            faults.append(f"{where}: weighting {name!r} has no setting {key!r}: {one_of(key, cls.settings())}.")
        else:
            try:
                settings[key] = from_text(cls.settings()[key], value.strip("'\""), f"{where}: {name}.{key}")
            except WorkbenchError as error:
                faults += error.faults
    if faults:
        raise WorkbenchError(*faults)
    cls.check(settings)
    return cls, settings


def _split(inside: str) -> list[str]:
    """The parts between commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in inside:
        depth += (letter in "[{(") - (letter in "]})")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]
