"""One line of text for an experiment: its spec, how it was steered, and what a teacher shows, hides or locks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.component import WorkbenchError, one_of
from workbench.runs.run import Run
from workbench.runs.steering import Steering, plain, read
from workbench.spec import SHARED, Spec
from workbench.texts import pack, unpack
from workbench.widgets.names import choose

__all__ = ["Shared", "share", "unshare"]


@dataclass(frozen=True)
class Shared:
    """What a share line holds: ``wb.panel(found.spec, found.show, found.hide, found.lock)`` opens it.

    Attributes:
        spec: the experiment.
        steering: what is to be done at which step, as ``wb.train(spec, steering=…)`` takes it.
        show: the only pickers of the panel; None: all.
        hide: pickers, buttons and sections that are not shown.
        lock: pickers that are shown but cannot be changed.
    """

    spec: Spec
    steering: tuple[dict[str, Any], ...] = ()
    show: tuple[str, ...] | None = None
    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()


def share(
    what: Spec | Run,
    *,
    steering: Steering | None = None,
    show: Iterable[str] | None = None,
    hide: Iterable[str] | None = None,
    lock: Iterable[str] | None = None,
) -> str:
    """One line of text for a chat or a blackboard; ``wb.unshare``, the command line and the panel read it.

    ``Spec.from_share`` reads the spec in it. A line with nothing beside the spec is ``spec.share()``.

    Args:
        what: a spec, or a run with its steering.
        steering: instead of the run's own.
        show, hide, lock: a teacher's choice of controls, as for ``wb.panel``.

    Raises:
        WorkbenchError: commands that are none, names that are no controls, or more than a line holds.
    """
    show, hide, lock = (list(names) if names and not isinstance(names, str) else names for names in (show, hide, lock))
    choose(show, hide, lock)
    if isinstance(what, Run):
        spec, commands = what.spec, what.steering if steering is None else plain(read(steering))
    elif isinstance(what, Spec):
        spec, commands = what, plain(read(steering or ()))
    else:
        raise WorkbenchError(f"share takes a Spec or a Run, found {type(what).__name__}.")
    beside = {"steering": commands, "show": show, "hide": hide, "lock": lock}
    kept = {key: list(value) for key, value in beside.items() if value or (key == "show" and value is not None)}
    return pack({SHARED: spec.to_dict(defaults=False), **kept}) if kept else spec.share()


def unshare(line: str) -> Shared:
    """What a share line holds.

    Raises:
        WorkbenchError: a line that is not one, was damaged or cut short, or holds what this workbench does not know.
    """
    spec, found = Spec.from_share(line), unpack(line)
    beside = {key: value for key, value in found.items() if key != SHARED} if SHARED in found else {}
    known = ("steering", "show", "hide", "lock")
    unknown = [f"This share line holds an unknown {key!r}: {one_of(key, known)}." for key in beside if key not in known]
    if unknown:
        raise WorkbenchError(*unknown)
    names = {key: tuple(_names(key, value)) for key, value in beside.items() if key != "steering"}
    choose(names.get("show"), names.get("hide"), names.get("lock"))
    return Shared(spec, tuple(plain(read(beside.get("steering", ())))), **names)


def _names(key: str, value: Any) -> list[str]:
    if not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        raise WorkbenchError(f"This share line is damaged: {key} is no list of names.")
    return value
