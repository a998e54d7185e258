"""Which controls a teacher shows, hides or locks."""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.component import WorkbenchError, one_of

__all__ = ["Choice", "choose"]

#: what edits the spec, in the order it is shown: what also steers a run comes early enough to be seen without scrolling
PICKERS = ("problem", "tasks", "fusion", "weighting", "weights", "lr", "epochs", "batch_size", "seed", "encoder")
#: what drives a run
ACTIONS = ("start", "pause", "step", "step_task", "stop", "compare")
#: what may be opened below the curves
SECTIONS = ("methods_now",)


@dataclass(frozen=True)
class Choice:
    """Names of the controls that are not shown, and of those that are shown but cannot be changed."""

    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()


def choose(
    show: Iterable[str] | None = None, hide: Iterable[str] | None = None, lock: Iterable[str] | None = None
) -> Choice:
    """Check a teacher's choice.

    Args:
        show: only these pickers; the buttons stay.
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
    return Choice(frozenset(hidden), frozenset(lock or ()))
