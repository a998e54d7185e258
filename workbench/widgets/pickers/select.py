"""A drop-down with headings: the short list first, the whole one on request, and the idea of the choice below it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.component import members
from workbench.widgets.scripts import script

__all__ = ["GroupedSelect", "groups"]

#: a family with no more members than this is shown whole
SHORT = 12
#: the package whose components are not somebody's own
OURS = __name__.partition(".")[0]


def groups(family: str) -> list[dict[str, Any]]:
    """The members of a family under headings, as the browser gets them.

    First what was registered elsewhere (in a notebook, say), then the core by what it needs, then the rest by what it
    needs. Those of the rest are ``more``: shown on request only, unless the family is short.

    Returns:
        ``heading``, ``more`` and ``items`` (name, idea and source) of every group.
    """
    known = members(family)
    found: dict[tuple[int, str], list[dict[str, str]]] = {}
    for name, cls in known.items():
        own = cls.__module__.partition(".")[0] != OURS
        place = (0, "your own") if own else (1 if "core" in cls.tags else 2, cls.heading())
        idea = cls.summary().replace("``", "")
        found.setdefault(place, []).append({"name": name, "idea": idea, "source": cls.reference})
    return [
        {
            "heading": ", ".join(filter(None, (heading, "more"))) if rank == 2 and (1, heading) in found else heading,
            "more": rank == 2 and len(known) > SHORT,
            "items": found[rank, heading],
        }
        for rank, heading in sorted(found, key=lambda place: place[0])
    ]


class GroupedSelect(anywidget.AnyWidget):
    """The browser's own drop-down with headings, so that keys, type-ahead and screen readers work as everywhere.

    Args:
        groups: what there is to choose from, see ``groups``.
        value: the chosen name.
        description: the label before it.
        tooltip: what the label stands for.
    """

    _esm = script("pickers/select.js")
    _css = Path(__file__).parent / "select.css"
    groups: Any = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    tooltip = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    #: name -> why it cannot work with the rest; such an option cannot be chosen, but stays if it is
    impossible = traitlets.Dict().tag(sync=True)
    #: whether the whole list is shown
    whole = traitlets.Bool(False).tag(sync=True)

    def __init__(self, groups: Sequence[dict[str, Any]], value: str, description: str, tooltip: str) -> None:
        super().__init__(groups=list(groups), value=value, description=description, tooltip=tooltip)

    @property
    def options(self) -> list[str]:
        """The names that are offered: of the short list, or of all groups; the chosen one always."""
        return [
            item["name"]
            for group in self.groups
            for item in group["items"]
            if self.whole or not group["more"] or item["name"] == self.value
        ]

    @traitlets.validate("value")
    def _known(self, proposal: dict[str, Any]) -> str:
        names = [item["name"] for group in self.groups for item in group["items"]]
        if proposal["value"] not in names:
            raise traitlets.TraitError(f"{self.description} has no {proposal['value']!r}")
        return str(proposal["value"])
