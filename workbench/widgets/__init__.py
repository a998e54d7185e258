"""The live workbench in a notebook, and its static twin where nobody is in front of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Union

from workbench.component import WorkbenchError
from workbench.runs.headless import live as is_live
from workbench.spec import Spec
from workbench.widgets.names import choose

if TYPE_CHECKING:
    from workbench.widgets.live import Panel
    from workbench.widgets.static import StaticPanel

__all__ = ["panel"]

#: the latest panel of this kernel, and what it was made from
_latest: "tuple[Any, Panel] | None" = None


def panel(
    spec: Spec | str | None = None,
    show: Iterable[str] | None = None,
    hide: Iterable[str] | None = None,
    lock: Iterable[str] | None = None,
    live: bool | None = None,
) -> Union["Panel", "StaticPanel"]:
    """The live workbench: pick, train, watch, steer, compare.

    Without a front end (papermill, nbconvert) it trains at once, steered as a share line says, and shows the figures of
    the finished run.

    A kernel has one panel at a time: the same call again, or a call without arguments, gives the panel there is with
    its run, so that nothing is lost when a page is reloaded or a cell is run twice. While a run or a comparison is in
    progress, a call with other arguments gives that panel too and says so.

    Args:
        spec: what the controls show first; default: ``Spec()``. A share line (``wb.share``) brings its own ``show``,
            ``hide`` and ``lock``, which hold where none are given here.
        show: names of the only pickers to show, such as ``["tasks", "weighting"]``; the buttons stay.
        hide: names of pickers, buttons and sections not to show, such as ``["encoder", "compare", "methods_now"]``.
        lock: names of pickers that are shown but cannot be changed.
        live: whether a person is in front of it; found out by default.

    Raises:
        WorkbenchError: a name that is no control, a line that is damaged; headless: the run failed.
    """
    global _latest
    steering: tuple[dict[str, Any], ...] = ()
    if isinstance(spec, str):
        from workbench.takeaway import unshare

        line = unshare(spec)
        spec, steering = line.spec, line.steering
        show, hide, lock = (
            given if mine is None else mine for mine, given in ((show, line.show), (hide, line.hide), (lock, line.lock))
        )
    if spec is not None and not isinstance(spec, Spec):
        raise WorkbenchError(
            f"panel: spec should be a Spec or a share line, found {type(spec).__name__}; write wb.panel(wb.Spec(…))."
        )
    choice = choose(show, hide, lock)
    if not is_live(live):
        from workbench.widgets.static import StaticPanel

        return StaticPanel(spec or Spec(), steering)

    from workbench.widgets.live import Panel
    from workbench.widgets.warm import warm

    asked = (spec, choice)
    if _latest is not None:
        before, there = _latest
        if asked in (before, (None, choose())):
            return there
        if there.in_progress:
            what = "run" if there.alive else "comparison"
            there.say(
                f"This is the {what} in progress; press Stop, then run the cell again for the new panel.", passing=True
            )
            return there
    first = spec or Spec()
    made = Panel(first, choice)
    if steering and not made.message:
        count = f"{len(steering)} command{'s' if len(steering) > 1 else ''}"
        made.say(
            f"This line also holds {count} of steering. Start does not do them again; wb.train does, with "
            "steering=wb.unshare(line).steering."
        )
    warm(first)
    _latest = (asked, made)
    return made
