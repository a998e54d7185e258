"""Which controls a teacher shows, hides or locks."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.component import WorkbenchError, one_of
from workbench.spec import Spec

__all__ = ["Choice", "choose"]

#: what edits the spec and is seen at once, in this order: what also steers a run needs no scrolling
FIRST = (
    "preset",
    *("problem", "tasks", "fusion", "weighting", "weights", "lr", "epochs", "batch_size", "seed", "encoder"),
)
#: every other field of a spec, components before plain values: in the section "more", which is closed at first
MORE = tuple(dict.fromkeys(name for name in (*Spec.families(), *Spec.model_fields) if name not in FIRST))
PICKERS = FIRST + MORE
#: what drives a run
ACTIONS = ("start", "pause", "step", "step_task", "stop", "reset", "compare", "branch")
#: what may be opened: below the pickers, below the curves
SECTIONS = ("more", "predictions", "surfaces", "inside", "methods_now", "runs", "take_away")


@dataclass(frozen=True)
class Choice:
    """Names of controls.

    Attributes:
        hidden: not shown.
        locked: shown, but they cannot be changed.
        named: asked for by name, so that they are not put into the section "more".
    """

    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    @property
    def given(self) -> dict[str, list[str] | None]:
        """``show``, ``hide`` and ``lock`` that make this choice."""
        left_out = set(PICKERS) - self.named if self.named else set()
        show = [name for name in PICKERS if name in self.named] or None
        return {"show": show, "hide": sorted(self.hidden - left_out), "lock": sorted(self.locked)}

    @property
    def first(self) -> list[str]:
        """The pickers seen at once, in their order."""
        return [name for name in PICKERS if name not in self.hidden and (name in FIRST or name in self.named)]

    @property
    def more(self) -> list[str]:
        """The pickers in the section "more", in their order."""
        if "more" in self.hidden:
            return []
        return [name for name in MORE if name not in self.hidden | self.named]


def choose(
    show: Iterable[str] | None = None, hide: Iterable[str] | None = None, lock: Iterable[str] | None = None
) -> Choice:
    """Check a teacher's choice.

    Args:
        show: only these pickers, all of them seen at once; the buttons stay.
        hide: not these pickers, buttons and sections.
        lock: these are shown but cannot be changed.

    Raises:
        WorkbenchError: a name that is no control, with the nearest one.
    """
    faults = []
    hideable = PICKERS + ACTIONS + SECTIONS
    for word, names, allowed in (("show", show, PICKERS), ("hide", hide, hideable), ("lock", lock, PICKERS)):
        if isinstance(names, str):
            faults.append(f"panel: {word} is a list of names, [{names!r}], found the text {names!r}.")
        else:
            faults += [
                f"panel: {word} names no control {name!r}: {one_of(name, allowed)}."
                for name in names or ()
                if name not in allowed
            ]
    if faults:
        raise WorkbenchError(*faults)
    hidden = set(hide or ()) | (set() if show is None else set(PICKERS) - set(show))
    return Choice(frozenset(hidden), frozenset(lock or ()), frozenset(show or ()))
