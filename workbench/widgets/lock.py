"""What a teacher has locked stays as it was given, whatever run is shown."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from workbench.component import WorkbenchError
from workbench.spec import Spec
from workbench.widgets.pickers.pickers import Pickers

__all__ = ["follow"]


def follow(pickers: Pickers, session: Any, given: Spec, locked: Collection[str]) -> None:
    """Let the controls show what a session was started with and what it has reached, but for those that are locked.

    Where a run does not go with what is locked, the controls stay as they are.

    Args:
        pickers: the controls.
        session: the run shown, in progress or over.
        given: what the controls showed first.
        locked: names of controls that keep that.
    """
    try:
        spec = session.spec.replace(**{name: getattr(given, name) for name in Spec.model_fields if name in locked})
    except WorkbenchError:
        return
    before = None
    with suppress(WorkbenchError):
        before = pickers.spec
    if spec != before:
        pickers.spec = spec
    lr = given.lr if "lr" in locked else session.lr
    weighted = given if "weights" in locked else session.spec
    pickers.show(lr, weighted.chosen("weighting")[1].get("weights", {}))
