"""Which components of a family cannot work with the rest of a spec, and why."""

from collections.abc import Mapping
from typing import Any

from workbench.component import members
from workbench.spec import Spec

__all__ = ["impossible"]


def impossible(family: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Ask for every component of a family what the spec would object to if it were chosen.

    What is objected to whichever is chosen is not the fault of any.

    Args:
        family: such as ``"encoder"``.
        fields: of a spec, as far as they can be read.

    Returns:
        name -> the reasons, of those that cannot be chosen.
    """
    value = fields.get(family)
    chosen = value if isinstance(value, str) else (value or {}).get("name")
    objections = {
        name: Spec.objections({**fields, family: value if name == chosen else name}) for name in members(family)
    }
    everywhere = set.intersection(*map(set, objections.values()))
    reasons = {name: [fault for fault in found if fault not in everywhere] for name, found in objections.items()}
    return {name: " ".join(found) for name, found in reasons.items() if found}
